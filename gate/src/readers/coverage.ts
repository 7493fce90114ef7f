/** Reads Istanbul's summary of coverage (`json-summary`), which Jest, Vitest, nyc and c8 write. */
import { z } from 'zod';
import { percent } from '../coverage.ts';
import type { Reader } from './reader.ts';

const counted = z.object({ total: z.int().min(0), covered: z.int().min(0) });
const one = z.object({ lines: counted, branches: counted, functions: counted, statements: counted });
const summary = z.object({ total: one }).catchall(one);

export const coverage: Reader = {
  format: 'coverage',
  title: "Istanbul's coverage summary",

  recognises(report) {
    const value = report.jsonIfAny();
    if (typeof value !== 'object' || value === null || !('total' in value)) return false;
    const { total } = value;
    return typeof total === 'object' && total !== null && 'lines' in total && 'branches' in total;
  },

  read(report) {
    const { total, ...files } = report.shaped(summary, this.title);
    const { lines } = total;
    const torn = Object.values({ total, ...files }).some((each) =>
      Object.values(each).some(({ total: all, covered }) => covered > all),
    );
    const added = Object.values(files).reduce((sum, each) => sum + each.lines.total, 0);
    const broken = torn
      ? `${report.fileName} counts more covered than there is`
      : added !== lines.total
        ? `${report.fileName} counts ${lines.total} lines, but its files have ${added}`
        : lines.total === 0
          ? `${report.fileName} counts no line: no file was looked at`
          : undefined;
    return {
      format: this.format,
      tool: 'jest',
      findings: [],
      coverage: total,
      evidence: [
        { kind: 'lines', count: lines.total },
        { kind: '% of lines covered', count: lines.total === 0 ? 0 : percent(lines.covered, lines.total) },
        { kind: 'files', count: Object.keys(files).length },
      ],
      ...(broken !== undefined && { broken }),
    };
  },
};
