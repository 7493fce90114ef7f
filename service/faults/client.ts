/** A client of the service's that keeps its connections, as a deploy script or Nginx does. */
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { Broken } from './lab.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown;
  readonly milliseconds: number;
}

/** Longer than the service may take for any answer: what takes longer has no bound. */
export const PATIENCE_MS = 15_000;

export class Client {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #secret: string;

  constructor(port: number, secret: string) {
    this.#port = port;
    this.#secret = secret;
  }

  /** @throws {Broken} when there is no answer within {@link PATIENCE_MS}; what Node says when the connection is lost. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const started = performance.now();
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request({
        agent: this.#agent,
        host: '127.0.0.1',
        port: this.#port,
        method,
        path,
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          authorization: `Bearer ${this.#secret}`,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
          ...headers,
        },
      });
      sent.on('error', (error) => {
        const late = error.name === 'AbortError' || error.name === 'TimeoutError';
        reject(late ? new Broken(`${method} ${path}: no answer within ${PATIENCE_MS} ms`) : error);
      });
      sent.on('response', (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (received += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: json(received),
            milliseconds: performance.now() - started,
          });
        });
      });
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
