/** sast: Sluice's own security rules, run by ESLint; `docs/sast.md` says why this engine and what it finds. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stageDirectory } from '../project.ts';
import type { StageDefinition } from './stage.ts';

const engine = join(import.meta.dirname, '../sast');

export const sast: StageDefinition = {
  name: 'sast',
  summary: 'security rules over the sources',
  reports: [{ file: 'sast.sarif', format: 'sarif' }],
  exit: { clean: [0], findings: [1] },
  lookedAtNothing: 'looked at no file',
  nothingInOutput: /^(No files matching .*|All files matched by .* are ignored\.|You are linting ".*", but .*)/m,
  mustCount: ['rules'],
  waivable: true,
  host: true,

  plan(project, policy, reports) {
    const eslint = createRequire(import.meta.url).resolve('eslint/package.json');
    return {
      tool: 'sluice-sast',
      version: (JSON.parse(readFileSync(eslint, 'utf8')) as { version: string }).version,
      directory: stageDirectory(project, 'sast', policy.directory),
      // The gate's own Node, ESLint and configuration: nothing of the judged project decides what is looked at.
      command: [
        ...[process.execPath, join(dirname(eslint), 'bin/eslint.js')],
        ...['--config', join(engine, 'eslint.config.js')],
        ...['--format', join(engine, 'sarif-report.ts'), '--output-file', join(reports, 'sast.sarif')],
        '.',
      ],
    };
  },
};
