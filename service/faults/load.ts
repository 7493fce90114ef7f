/** Clients that write all the time, and remember what was acknowledged. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.ts';
import type { Answer } from './client.ts';
import { Broken } from './lab.ts';
import type { Lab } from './lab.ts';
import { secret } from './service.ts';
import { releaseFacts } from '../test/release-facts.ts';

export const SERVICE = 'checkout';

/** What a client was told, by what it asked for. */
export interface Acknowledged {
  /** Version by digest. */
  readonly releases: Map<string, string>;
  /** Id by Idempotency-Key. */
  readonly deployments: Map<string, string>;
  /** Ids of those that were finished. */
  readonly finished: Set<string>;
}

interface LoadOptions {
  readonly writers: number;
  /** Milliseconds that a writer rests between two requests. */
  readonly pause: number;
  /** Whether a 503 and a lost connection are repeated, as the service asks for, or are failures. */
  readonly patient: boolean;
}

export class WriteLoad {
  readonly acknowledged: Acknowledged = { releases: new Map(), deployments: new Map(), finished: new Set() };
  /** Everything that was ever sent: whatever else is in the ledger came from nowhere. */
  readonly sent = { releases: new Set<string>(), deployments: new Set<string>() };
  /** How often there was which answer; `none` is a lost connection. */
  readonly answers = new Map<string, number>();
  /** Answers that no client should ever see. */
  readonly failures: string[] = [];
  /** How many requests were sent, and which instances answered them, where there is more than one. */
  requests = 0;
  readonly upstreams = new Set<string>();
  /** Requests under way. */
  inFlight = 0;
  slowest = 0;
  readonly #options: LoadOptions;
  readonly #clients: Client[];
  readonly #work: Promise<void>[];
  readonly #lab: Lab;
  #told = false;

  constructor(lab: Lab, port: number, options: LoadOptions) {
    this.#lab = lab;
    this.#options = options;
    this.#clients = Array.from({ length: options.writers }, () => new Client(port, secret));
    this.#work = this.#clients.map((client, writer) => this.#write(client, writer));
  }

  /** How many writes were acknowledged. */
  get writes(): number {
    const { releases, deployments, finished } = this.acknowledged;
    return releases.size + deployments.size + finished.size;
  }

  get #stopped(): boolean {
    return this.#told || !this.#lab.open;
  }

  async stop(): Promise<void> {
    this.#told = true;
    await Promise.all(this.#work);
    for (const client of this.#clients) client.close();
  }

  /** The answers in words, such as `201: 410, 503: 12`. */
  counts(): string {
    return [...this.answers]
      .sort()
      .map(([answer, count]) => `${answer}: ${count}`)
      .join(', ');
  }

  /** Records a release, deploys it, finishes that; over and over, each writer in an environment of its own. */
  async #write(client: Client, writer: number): Promise<void> {
    for (let count = 0; !this.#stopped; count += 1) {
      const version = `${writer}.${count}.0`;
      const digest = digestOf(version);
      this.sent.releases.add(digest);
      const path = `/v1/services/${SERVICE}/releases/${digest}`;
      if (!(await this.#ask(client, [200, 201], 'PUT', path, releaseFacts({ version })))) continue;
      this.acknowledged.releases.set(digest, version);

      const key = `key-${version}`;
      this.sent.deployments.add(key);
      const started = await this.#ask(
        client,
        [201],
        'POST',
        `/v1/services/${SERVICE}/environments/e-${writer}/deployments`,
        { digest, actor: 'load', kind: 'deploy' },
        { 'idempotency-key': key },
      );
      if (!started) continue;
      const { id } = started.body as { id: string };
      this.acknowledged.deployments.set(key, id);

      if (await this.#ask(client, [200], 'PATCH', `/v1/deployments/${id}`, { outcome: 'succeeded' })) {
        this.acknowledged.finished.add(id);
      }
    }
  }

  /** The answer, if it is one of the good ones; a patient client asks until it is. */
  async #ask(
    client: Client,
    good: readonly number[],
    ...request: Parameters<Client['send']>
  ): Promise<Answer | undefined> {
    for (;;) {
      let answer: Answer | undefined;
      let lost: unknown;
      this.inFlight += 1;
      this.requests += 1;
      try {
        answer = await client.send(...request);
      } catch (error) {
        lost = error;
      }
      this.inFlight -= 1;
      const upstream = answer?.headers['x-upstream'];
      if (typeof upstream === 'string' && !upstream.includes(',')) this.upstreams.add(upstream);
      const status = answer ? String(answer.status) : 'none';
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      this.slowest = Math.max(this.slowest, answer?.milliseconds ?? 0);
      await sleep(this.#options.pause);
      if (answer && good.includes(answer.status)) return answer;

      const passing = answer?.status === 503 ? answer.headers['retry-after'] !== undefined : answer === undefined;
      if (!passing || !this.#options.patient || lost instanceof Broken) {
        this.failures.push(
          `${request[0]} ${request[1]}: ${answer ? `${status} ${JSON.stringify(answer.body)}` : String(lost)}`,
        );
        return undefined;
      }
      if (this.#stopped) return undefined;
      await sleep(100);
    }
  }
}

export function digestOf(version: string): string {
  return `sha256:${createHash('sha256').update(version).digest('hex')}`;
}
