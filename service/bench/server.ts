/** Runs one contender on the core that is kept for servers, and reads from /proc what it costs. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a program. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The core of the server under test. Everything else, PostgreSQL included, is started on core 1 by the npm script. */
export const SERVER_CORE = 0;

/** Clock ticks a second in /proc, the same on every Linux. */
const TICKS = 100;
const START_TIMEOUT_MS = 30_000;

export class Server {
  readonly url: string;
  readonly #name: string;
  readonly #process: ChildProcess;
  #lastWords = '';

  private constructor(name: string, { command, args, env, cwd }: Program, port: number) {
    this.#name = name;
    this.url = `http://127.0.0.1:${port}`;
    // taskset replaces itself by the program, so the process id is the server's own. The log goes to /dev/null, as cheap as a pipe that is read.
    this.#process = spawn('taskset', ['--cpu-list', String(SERVER_CORE), command, ...args], {
      ...(cwd ? { cwd } : {}),
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-2_000);
    });
  }

  /** Starts the program and waits for its first 200 on `path`; answers how many milliseconds that took, too. */
  static async start(name: string, program: Program, port: number, path: string): Promise<[Server, number]> {
    const started = performance.now();
    const server = new Server(name, program, port);
    while ((await statusOf(server.url + path)) !== 200) {
      if (server.#process.exitCode !== null || performance.now() - started > START_TIMEOUT_MS) {
        await server.stop();
        throw new Error(`${name} did not answer 200 on ${path}:\n${server.#lastWords}`);
      }
      await sleep(2);
    }
    return [server, performance.now() - started];
  }

  /** Processor seconds used so far, by the process and those it started. */
  cpuSeconds(): number {
    return this.#sum('stat', (stat) => {
      // The program's name, in brackets, may hold anything: fields are counted from behind it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    });
  }

  /** The most memory that was ever resident, in MB. */
  peakMegabytes(): number {
    return this.#sum('status', (status) => Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_000);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  #sum(file: string, value: (text: string) => number): number {
    if (this.#process.pid === undefined) throw new Error(`${this.#name} is not running`);
    return familyOf(this.#process.pid).reduce(
      (sum, pid) => sum + value(readFileSync(`/proc/${pid}/${file}`, 'utf8')),
      0,
    );
  }
}

/** A process and all its descendants: gunicorn serves from children. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', () => resolve(undefined));
  });
}
