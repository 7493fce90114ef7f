/** The built service as a process of its own: on a fixed port, so that it can come back where it was. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.ts';
import { Broken, freePort } from './lab.ts';
import type { Lab } from './lab.ts';

const START_MS = 60_000;
/** How many lines of its log are kept, to be shown when something is broken. */
const LINES = 20;

/** The token of every scenario. */
export const secret = randomBytes(16).toString('hex');

export class Service {
  readonly port: number;
  readonly client: Client;
  /** How many migrations it said to have applied. */
  migrations = 0;
  /** How many requests it refused because its queue was full. */
  overflows = 0;
  /** The last errors it logged. */
  readonly errors: string[] = [];
  readonly #lab: Lab;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;

  private constructor(lab: Lab, databaseUrl: string, port: number, settings: Readonly<Record<string, string>>) {
    this.#lab = lab;
    this.port = port;
    this.client = new Client(port, secret);
    this.#environment = {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      METRICS_PORT: '0',
      WRITES_PER_MINUTE: '1000000',
      TOKENS: JSON.stringify([
        {
          name: 'ci',
          sha256: createHash('sha256').update(secret).digest('hex'),
          scopes: ['read', 'releases:write', 'deployments:write'],
        },
      ]),
      ...settings,
    };
  }

  static async at(lab: Lab, databaseUrl: string, settings: Readonly<Record<string, string>> = {}): Promise<Service> {
    return new Service(lab, databaseUrl, await freePort(), settings);
  }

  start(): void {
    const child = spawn(process.execPath, [this.#lab.main], {
      cwd: '/',
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    this.#child = child;
    this.#lab.owns(child);
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
  }

  /** Milliseconds until it was ready. */
  async ready(within = START_MS): Promise<number> {
    const started = performance.now();
    for (;;) {
      const status = await this.status('/health/ready');
      const elapsed = performance.now() - started;
      if (status === 200) return elapsed;
      if (this.ended()) throw new Broken(`the service ended by itself:\n${this.errors.join('\n')}`);
      if (elapsed > within) {
        throw new Broken(`not ready within ${within} ms (the last answer was ${status}):\n${this.errors.join('\n')}`);
      }
      await sleep(25);
    }
  }

  /** The status of a GET, 0 where nobody answers. */
  status(path: string): Promise<number> {
    return this.client.send('GET', path).then(
      ({ status }) => status,
      () => 0,
    );
  }

  ended(): boolean {
    return this.#child?.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends the signal and gives the exit code, or null where the signal itself ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (!child || this.ended()) throw new Broken('the service ended before it was told to');
    const exit = new Promise<number | null>((done) => child.once('exit', done));
    child.kill(signal);
    return exit;
  }

  #read(line: string): void {
    const { level, message, method } = JSON.parse(line) as { level: string; message: string; method?: string };
    if (message === 'migration applied') this.migrations += 1;
    if (line.includes('already wait for a connection')) this.overflows += 1;
    // Not the answers of 503 to our own probes: only what the service says of itself.
    if (level !== 'ERROR' || method !== undefined) return;
    this.errors.push(line.slice(0, 600));
    if (this.errors.length > LINES) this.errors.shift();
  }
}
