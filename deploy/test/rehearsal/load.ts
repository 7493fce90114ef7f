/** Users: some requests a second through the front door, half of them on kept connections; counts what they would complain about. */
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as overTls } from 'node:https';

export interface Counted {
  requests: number;
  failed: number;
  /** What went wrong, each reason once. */
  reasons: string[];
  slowest: number;
}

export class Load {
  readonly #url: string;
  readonly #kept: Agent;
  readonly #options: { ca?: string };
  readonly #counted: Counted = { requests: 0, failed: 0, reasons: [], slowest: 0 };
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();

  /** `ca`: whom an https:// front door must be vouched for by. */
  constructor(url: string, options: { perSecond?: number; ca?: string } = {}) {
    const { perSecond = 40, ...tls } = options;
    this.#url = url;
    this.#options = tls;
    const agent = { keepAlive: true, maxSockets: 8, ...tls };
    this.#kept = url.startsWith('https:') ? new TlsAgent(agent) : new Agent(agent);
    let count = 0;
    this.#timer = setInterval(() => {
      count += 1;
      const one = this.#ask(count % 2 === 0);
      this.#open.add(one);
      void one.finally(() => this.#open.delete(one));
    }, 1_000 / perSecond);
  }

  get soFar(): Readonly<Counted> {
    return this.#counted;
  }

  async stop(): Promise<Counted> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#kept.destroy();
    return this.#counted;
  }

  #ask(kept: boolean): Promise<void> {
    const began = Date.now();
    const counted = this.#counted;
    counted.requests += 1;
    return new Promise((done) => {
      const end = (failure?: string): void => {
        counted.slowest = Math.max(counted.slowest, Date.now() - began);
        if (failure) {
          counted.failed += 1;
          if (!counted.reasons.includes(failure)) counted.reasons.push(failure);
        }
        done();
      };
      const asked = (this.#url.startsWith('https:') ? overTls : request)(
        new URL('/v1/services/any/releases', this.#url),
        { agent: kept ? this.#kept : false, ...this.#options },
        (response) => {
          response.resume();
          response.on('end', () => end(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
          response.on('error', (error) => end(error.message));
        },
      );
      asked.setTimeout(10_000, () => asked.destroy(new Error('no answer in 10 s')));
      asked.on('error', (error) => end((error as NodeJS.ErrnoException).code ?? error.message));
      asked.end();
    });
  }
}
