/**
 * The supervisor: runs on the host in a container of its own, outlives the connection of whoever started it, and brings one request
 * to its end. Started again by Docker after a crash or a reboot, it finds its lock and mends what it had begun.
 *
 * Exit codes: 0 it is done; 1 refused or failed, and the host is as it was; 2 a mistake in the request; 3 the host needs a person.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, isMistake, refused, type Result } from './change.ts';
import { execute } from './command.ts';
import { deploy } from './deploy.ts';
import { Host } from './host.ts';
import { holderOf } from './lock.ts';
import { mend } from './mend.ts';
import { Mistake } from './mistake.ts';
import { prune } from './prune.ts';
import type { Credentials } from './registry.ts';
import { repositoryOf } from './release.ts';
import { mendRequest, parseRequest, type Request } from './request.ts';
import { rollback } from './rollback.ts';
import { setup } from './setup.ts';
import { status } from './status.ts';

const root = process.env['SLUICE_ROOT'] ?? '/var/lib/sluice';
const supervisor = process.env['SLUICE_SUPERVISOR'] ?? `process-${process.pid}`;
process.umask(0o022);
// Whoever started it may go away; to end it, `docker kill` it: the next call mends what it leaves.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const exitCodes: Record<Result['outcome'], number> = {
  done: 0,
  unchanged: 0,
  planned: 0,
  undone: 1,
  refused: 1,
  stuck: 3,
};

let code: number;
let json = false;
try {
  const result = await main();
  code = exitCodes[result.outcome];
  show(result);
} catch (error) {
  code = isMistake(error) ? 2 : 3;
  const message = isMistake(error) ? error.message : ((error as Error).stack ?? String(error));
  if (json) show({ outcome: 'refused', message });
  else console.error(`sluice: ${message}`);
}
// A code other than 0 is an answer now, no crash to start over from.
if (code !== 0 && process.env['SLUICE_SUPERVISOR'])
  await execute(['docker', 'update', '--restart=no', supervisor]).catch(() => {});
process.exit(code);

async function main(): Promise<Result> {
  const host = new Host(root, execute, say);
  if (isSecondLife()) {
    return change(host, mendRequest('docker', 0), supervisor, (mended) =>
      Promise.resolve(mended ?? refused(['started again after a crash before anything was under way: call again'])),
    );
  }
  if (process.argv[2] === 'mend') return mend(host, mendRequest('systemd', 600), supervisor);
  const { request, credentials } = parseRequest(await standardInput());
  json = request.json;
  // Throws where a line of settings.env is wrong.
  void host.settings;
  if (credentials && request.action === 'deploy') logIn(repositoryOf(request.release.image), credentials);
  try {
    return await act(host, request, credentials);
  } catch (error) {
    // Somebody else at work, or a wrong setting: nothing was touched.
    if (error instanceof Mistake) return refused([error.message]);
    throw error;
  }
}

function act(host: Host, request: Request, credentials?: Credentials): Promise<Result> {
  switch (request.action) {
    case 'deploy':
      return deploy(host, request, supervisor, credentials);
    case 'rollback':
      return rollback(host, request, supervisor);
    case 'status':
      return status(host);
    case 'prune':
      return prune(host, request, supervisor);
    case 'mend':
      return mend(host, request, supervisor);
    case 'setup':
      return setup(host, request, supervisor);
  }
}

/** The note at the lock is this container's own: it held it when it died. */
function isSecondLife(): boolean {
  return holderOf(join(root, 'lock'))?.supervisor === supervisor;
}

/** For `docker pull`, in memory: the directory is a tmpfs. */
function logIn(repository: string, { username, password }: Credentials): void {
  const first = repository.split('/')[0]!;
  const registry = /[.:]|^localhost$/.test(first) && first !== 'docker.io' ? first : 'https://index.docker.io/v1/';
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const directory = process.env['DOCKER_CONFIG'];
  if (!directory) throw new Error('DOCKER_CONFIG names no directory');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: { [registry]: { auth } } }), { mode: 0o600 });
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  // Started without a caller, nobody ever writes.
  const timer = setTimeout(() => process.exit(0), 60_000);
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  clearTimeout(timer);
  return Buffer.concat(chunks).toString();
}

/** Progress; with --json it must not get between the lines of the answer. */
function say(line: string): void {
  (json ? console.error : console.log)(line);
}

function show(result: Result): void {
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  for (const problem of (result['problems'] as string[] | undefined) ?? []) console.log(`problem        ${problem}`);
  for (const warning of result.warnings ?? []) console.log(`warning        ${warning}`);
  console.log(
    result.outcome === 'done' || result.outcome === 'unchanged'
      ? result.message
      : `${result.outcome}: ${result.message}`,
  );
}
