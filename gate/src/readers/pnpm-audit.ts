/**
 * Reads `pnpm audit --json`; npm 6 and yarn 2 and 3 print the same report.
 * What auditConfig (ignoreCves, ignoreGhsas) and --audit-level hide leaves the list, but not the totals.
 */
import { z } from 'zod';
import { oldAdvisory, type OldAdvisory, oldAdvisoryFindings } from './advisory.ts';
import type { Reader } from './reader.ts';

const levels = ['info', 'low', 'moderate', 'high', 'critical'] as const;
const audit = z.object({
  advisories: z.record(z.string(), oldAdvisory),
  metadata: z.object({
    vulnerabilities: z.object({ info: z.int(), low: z.int(), moderate: z.int(), high: z.int(), critical: z.int() }),
    totalDependencies: z.int().optional(),
    dependencies: z.int().optional(),
  }),
  /** npm 6 alone numbers its runs. */
  runId: z.string().nullish(),
});
type Audit = z.output<typeof audit>;

const failure = z.object({ error: z.object({ code: z.string().nullish(), message: z.string() }) });

export const pnpmAudit: Reader = {
  format: 'pnpm-audit',
  title: 'pnpm audit JSON',

  recognises(report) {
    const value = report.jsonIfAny();
    if (typeof value !== 'object' || value === null) return false;
    return ('advisories' in value && 'metadata' in value) || isFailure(value);
  },

  read(report) {
    const value = report.json();
    if (typeof value === 'object' && value !== null && isFailure(value)) {
      const { error } = report.shaped(failure, "pnpm audit's error");
      return {
        format: this.format,
        tool: 'pnpm',
        findings: [],
        evidence: [{ kind: 'dependencies', count: 0 }],
        broken: `pnpm audit got no answer: ${[error.code, error.message].filter(Boolean).join(': ')}`,
      };
    }
    const all = report.shaped(audit, this.title);
    const tool = all.runId ? 'npm' : 'pnpm';
    const advisories = Object.values(all.advisories);
    const broken = hidden(tool, advisories, all.metadata.vulnerabilities);
    return {
      format: this.format,
      tool,
      findings: advisories.flatMap((one) => oldAdvisoryFindings(tool, one)),
      evidence: [{ kind: 'dependencies', count: all.metadata.totalDependencies ?? all.metadata.dependencies ?? 0 }],
      ...(broken !== undefined && { broken }),
    };
  },
};

function isFailure(value: object): boolean {
  return 'error' in value && typeof value.error === 'object' && value.error !== null && 'message' in value.error;
}

/** The totals count advisories, versions or paths, each pnpm in its way; they must come out in one of the three. */
function hidden(
  tool: string,
  advisories: OldAdvisory[],
  totals: Audit['metadata']['vulnerabilities'],
): string | undefined {
  const ways: ((one: OldAdvisory) => number)[] = [
    () => 1,
    ({ findings }) => findings.length,
    ({ findings }) => findings.reduce((paths, one) => paths + (one.paths?.length ?? 1), 0),
  ];
  const listed = (level: (typeof levels)[number], of: (one: OldAdvisory) => number) =>
    advisories.filter(({ severity }) => severity === level).reduce((total, one) => total + of(one), 0);
  if (ways.some((of) => levels.every((level) => totals[level] === listed(level, of)))) return undefined;
  const total = levels.reduce((sum, level) => sum + totals[level], 0);
  return `${tool} audit counts ${total} vulnerabilities, which its ${advisories.length} advisories do not add up to: auditConfig or --audit-level hides some`;
}
