/** Starts the service for a test, on free ports and a database of its own, and talks to it as a client would. */
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication } from '../src/application.js';
import { readConfiguration } from '../src/configuration.js';
import { DatabaseConnection } from '../src/database/connection.js';
import { createLogger } from '../src/telemetry/logger.js';
import { MetricsServer } from '../src/telemetry/metrics.server.js';
import { freshDatabase } from './database.js';

export { releaseFacts } from './release-facts.js';

/** The secrets that the started service knows, by what they may do. */
export const SECRETS = { write: 'secret-of-ci', read: 'secret-of-dashboard', other: 'secret-of-robot' } as const;

const TOKENS = JSON.stringify([
  { name: 'ci', sha256: sha256(SECRETS.write), scopes: ['read', 'releases:write', 'deployments:write'] },
  { name: 'dashboard', sha256: sha256(SECRETS.read), scopes: ['read'] },
  { name: 'robot', sha256: sha256(SECRETS.other), scopes: ['deployments:write'] },
]);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly body: any;
}

export interface RequestOptions {
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The secret to send; by default the one that may do everything, null sends none. */
  readonly secret?: string | null;
}

export interface Ledger {
  readonly application: NestFastifyApplication;
  readonly url: string;
  readonly databaseUrl: string;
  /** What was logged so far, a parsed line each. */
  readonly log: Record<string, unknown>[];
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the service; resolves when its database is ready. Settings are those of a laptop unless given. */
export async function startLedger(settings: Readonly<Record<string, string>> = {}): Promise<Ledger> {
  const databaseUrl = settings['DATABASE_URL'] ?? (await freshDatabase());
  const log: Record<string, unknown>[] = [];
  const configuration = readConfiguration({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '4',
    PORT: '0',
    METRICS_PORT: '0',
    TOKENS,
    WRITES_PER_MINUTE: '1000000',
    LEDGER_METRICS_SECONDS: '0',
    LOG_LEVEL: 'DEBUG',
    ...settings,
  });
  const application = await createApplication(configuration, createLogger(configuration.LOG_LEVEL, linesInto(log)));
  const metricsPort = await application.get(MetricsServer).listen();
  await application.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(application.getHttpServer().address() as { port: number }).port}`;
  if (settings['WAIT'] !== 'no') await application.get(DatabaseConnection).whenReady();
  return {
    application,
    url,
    databaseUrl,
    log,
    request: (method, path, options) => send(`${url}${path}`, method, options),
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    stop: () => application.close(),
  };
}

async function send(
  url: string,
  method: string,
  { body, headers = {}, secret = SECRETS.write }: RequestOptions = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text ? JSON.parse(text) : undefined,
  };
}

function linesInto(log: Record<string, unknown>[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
}

/** The digest of an image that stands for `name`. */
export function digestOf(name: string): string {
  return `sha256:${sha256(name)}`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
