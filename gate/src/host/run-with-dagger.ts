/** The pipeline through a Dagger engine that runs already: one call brings the reports here, and the verdict among them is ours. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import verdict from '../commands/verdict.ts';
import { openProject } from '../project.ts';
import { type CiOptions, discardVerdict } from './run-here.ts';

const moduleRoot = resolve(import.meta.dirname, '../../..');

/** Runs all stages in Dagger and prints the verdict. @returns the verdict's exit code, or Dagger's own where it left no verdict */
export async function runWithDagger(options: CiOptions, engine: string): Promise<number> {
  openProject(options.source);
  const reports = resolve(options.reports);
  discardVerdict(reports);

  const policy = options.policy ? ['--policy', resolve(options.policy)] : [];
  const base = options.base ? ['--base', resolve(options.base)] : [];
  const code = await dagger(
    [
      ...['-m', moduleRoot, 'call', 'reports', '--source', resolve(options.source)],
      ...[...policy, ...base, 'export', '--path', reports],
    ],
    engine,
  );
  if (code !== 0) return code === 2 ? 2 : 3;
  if (existsSync(join(reports, 'verdict.json'))) return verdict.run(['--reports', reports]);
  process.stderr.write('sluice: dagger ended well but left no verdict.json\n');
  return 3;
}

function dagger(args: string[], engine: string): Promise<number> {
  const child = spawn('dagger', args, {
    stdio: ['ignore', 2, 'inherit'],
    env: { ...process.env, _EXPERIMENTAL_DAGGER_RUNNER_HOST: engine, DAGGER_NO_UPDATE_CHECK: '1' },
  });
  process.once('SIGINT', () => {});
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? 3));
  });
}
