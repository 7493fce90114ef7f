/** test: Jest, through the project's own script, on a real PostgreSQL; coverage where the policy asks for one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noScript, readPackageJson, runScript, stageDirectory } from '../project.ts';
import { junitOf } from '../render/junit.ts';
import type { StageDefinition } from './stage.ts';

export const test: StageDefinition = {
  name: 'test',
  summary: 'Jest by the script "test", with a PostgreSQL at DATABASE_URL',
  reports: [
    { file: 'jest.json', format: 'jest' },
    { file: 'coverage-summary.json', format: 'coverage', when: ({ coverage }) => coverage !== undefined },
  ],
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
    const report = join(reports, 'jest.json');
    return {
      tool: 'jest',
      directory,
      command: runScript(project, script, [
        ...['--ci', '--json', `--outputFile=${report}`],
        ...(policy.coverage
          ? ['--coverage', '--coverageReporters=json-summary', `--coverageDirectory=${reports}`]
          : []),
      ]),
      versionOf: 'jest',
      needs: 'postgres',
      // For other tools; the gate itself reads Jest's own report.
      finish() {
        const junit = junitOf(report);
        if (junit !== undefined) writeFileSync(join(reports, 'junit.xml'), junit);
      },
    };
  },
};
