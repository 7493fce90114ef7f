/** typecheck: tsc, through the project's own script or over its tsconfig.json. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noScript, readPackageJson, runScript, stageDirectory } from '../project.ts';
import type { StageDefinition } from './stage.ts';

/** --listFiles is the evidence: tsc names every file that it looked at. */
const evidence = ['--pretty', 'false', '--listFiles'];

export const typecheck: StageDefinition = {
  name: 'typecheck',
  summary: 'tsc by the script "typecheck", else over tsconfig.json',
  reports: [{ file: 'tsc.txt', format: 'tsc' }],
  exit: { clean: [0], findings: [1, 2] },
  lookedAtNothing: 'looked at no file',
  waivable: false,
  host: true,

  plan(project, policy) {
    const directory = stageDirectory(project, 'typecheck', policy.directory);
    const script = policy.script ?? 'typecheck';
    const text = readPackageJson(directory).scripts?.[script];
    const common = { tool: 'tsc', directory, outputReport: 'tsc.txt', versionOf: 'typescript' };
    if (text) {
      // A build that is up to date lists no file and so proves nothing: --force makes it look again.
      const force = /(^|\s)(-b|--build)(\s|$)/.test(text) ? ['--force'] : [];
      return { ...common, command: runScript(project, script, [...force, ...evidence]) };
    }
    if (policy.script === undefined && existsSync(join(directory, 'tsconfig.json'))) {
      return { ...common, command: ['tsc', '--noEmit', '--project', 'tsconfig.json', ...evidence] };
    }
    return { absent: `${noScript('typecheck', script, policy.directory)}, and there is no tsconfig.json beside it` };
  },
};
