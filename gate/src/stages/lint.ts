/** lint: ESLint, through the project's own script. */
import { join } from 'node:path';
import { noScript, readPackageJson, runScript, stageDirectory } from '../project.ts';
import type { StageDefinition } from './stage.ts';

export const lint: StageDefinition = {
  name: 'lint',
  summary: 'ESLint by the script "lint"',
  reports: [{ file: 'eslint.json', format: 'eslint' }],
  exit: { clean: [0], findings: [1] },
  lookedAtNothing: 'looked at no file',
  // ESLint answers a pattern without a match with exit 2 and no report.
  nothingInOutput: /^(No files matching .*|All files matched by .* are ignored\.)/m,
  waivable: true,
  host: true,

  plan(project, policy, reports) {
    const directory = stageDirectory(project, 'lint', policy.directory);
    const script = policy.script ?? 'lint';
    if (!readPackageJson(directory).scripts?.[script]) return { absent: noScript('lint', script, policy.directory) };
    return {
      tool: 'eslint',
      directory,
      // --no-fix: many projects' lint script repairs what it finds, which would hide it from the verdict.
      command: runScript(project, script, [
        '--no-fix',
        '--format',
        'json',
        '--output-file',
        join(reports, 'eslint.json'),
      ]),
      versionOf: 'eslint',
    };
  },
};
