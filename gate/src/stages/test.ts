/** test: Jest, through the project's own script, on a real PostgreSQL. */
import { join } from 'node:path';
import { noScript, readPackageJson, runScript, stageDirectory } from '../project.ts';
import type { StageDefinition } from './stage.ts';

export const test: StageDefinition = {
  name: 'test',
  summary: 'Jest by the script "test", with a PostgreSQL at DATABASE_URL',
  reports: [{ file: 'jest.json', format: 'jest' }],
  exit: { clean: [0], findings: [1] },
  lookedAtNothing: 'executed no test',
  // Without a test file Jest writes no report at all.
  nothingInOutput: /^No tests found.*/m,
  waivable: false,
  host: true,

  plan(project, policy, reports) {
    const directory = stageDirectory(project, 'test', policy.directory);
    const script = policy.script ?? 'test';
    if (!readPackageJson(directory).scripts?.[script]) return { absent: noScript('test', script, policy.directory) };
    return {
      tool: 'jest',
      directory,
      command: runScript(project, script, ['--ci', '--json', `--outputFile=${join(reports, 'jest.json')}`]),
      versionOf: 'jest',
      needs: 'postgres',
    };
  },
};
