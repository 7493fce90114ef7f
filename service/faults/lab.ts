/** Where a scenario happens: a folder and processes of its own, all of which are gone when it is closed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A promise of the service's that was broken. */
export class Broken extends Error {
  override name = 'Broken';
}

/** What a scenario needs is not to be had here; the message says what. */
export class Skipped extends Error {
  override name = 'Skipped';
}

/** @throws {Broken} with these words unless it holds. */
export function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Broken(otherwise);
}

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'ledger-faults-'));
  /** The built service, one file: here unless it is somewhere else. */
  readonly main: string;
  readonly #keeper: ChildProcess;
  #open = true;

  /** Whether it is not closed: what runs on beside the scenario ends with it, also when it fails. */
  get open(): boolean {
    return this.#open;
  }

  constructor(main?: string) {
    this.main = main ?? join(this.folder, 'main.cjs');
    this.#keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts')], {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    // PostgreSQL and Nginx run as other users than root, and have to get through.
    chmodSync(this.folder, 0o755);
    this.#tell('folder', this.folder);
  }

  /** From now on this process ends with the lab, unless it ended before. */
  owns(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#tell('process', String(pid));
    child.once('exit', () => this.#tell('ended', String(pid)));
  }

  mounted(path: string): void {
    this.#tell('mount', path);
  }

  /** Ends and removes everything; safe to call twice. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    const ended = new Promise<void>((done) => this.#keeper.once('exit', () => done()));
    this.#open = false;
    this.#keeper.stdin?.end();
    await ended;
  }

  #tell(word: string, value: string): void {
    if (this.#open) this.#keeper.stdin?.write(`${JSON.stringify([word, value])}\n`);
  }
}

/** A port on 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => probe.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}
