/** The real engine, for the tests and the measurements that need one: is it there, and one call of the module. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Why the tests can't run here; undefined where an engine answers. None is ever provisioned. */
export function noEngine(): string | undefined {
  if (!process.env['_EXPERIMENTAL_DAGGER_RUNNER_HOST']) return '_EXPERIMENTAL_DAGGER_RUNNER_HOST names no engine';
  const { error, status, stderr } = spawnSync('dagger', ['core', 'version'], { encoding: 'utf8', timeout: 30_000 });
  if (error && 'code' in error && error.code === 'ENOENT') return 'dagger is not on the PATH';
  return status === 0 ? undefined : `the engine does not answer: ${stderr.trim().split('\n').at(-1)}`;
}

export interface Answer {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface CallOptions {
  module?: string;
  images?: string;
  vulnerabilityDb?: string | null;
}

/**
 * `dagger call` on the module of this repository. For machines without the usual registries `SLUICE_TEST_IMAGES` names a file of images,
 * `SLUICE_TEST_VULNERABILITY_DB` the repository of a vulnerability database.
 */
export function call(args: string[], options: CallOptions = {}): Answer {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('dagger', callArguments(args, options), {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 900_000,
  });
  return { exitCode: status, stdout, stderr, seconds: (performance.now() - start) / 1000 };
}

/** The same, while this process goes on: it may be what the call talks to. */
export function callAside(args: string[], options: CallOptions = {}): Promise<Answer> {
  const start = performance.now();
  const child = spawn('dagger', callArguments(args, options), { stdio: ['ignore', 'pipe', 'pipe'], timeout: 900_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode) => done({ exitCode, stdout, stderr, seconds: (performance.now() - start) / 1000 }));
  });
}

function callArguments(args: string[], options: CallOptions): string[] {
  const images = options.images ?? process.env['SLUICE_TEST_IMAGES'];
  const database =
    options.vulnerabilityDb === undefined ? process.env['SLUICE_TEST_VULNERABILITY_DB'] : options.vulnerabilityDb;
  return [
    ...['call', '--progress', 'plain', '--mod', options.module ?? root],
    ...(images ? ['--images', images] : []),
    ...(database ? ['--vulnerability-db', database] : []),
    ...args,
  ];
}
