/** Reads the service's settings from the environment, once, at start; every problem is reported in one go. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import * as z from 'zod';
import { registeredTokens } from './auth/tokens.js';

/** What `process.env` looks like. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that may also be given as a file's path in NAME_FILE, which is how Compose and Kubernetes hand over secrets. */
const SECRETS = ['DATABASE_URL', 'TOKENS'] as const;

const integer = (minimum: number, maximum: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum, `must be at least ${minimum}`).max(maximum, `must be at most ${maximum}`))
    .default(fallback);

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .default(fallback);

const databaseUrl = z
  .string('is required: a connection string such as postgres://user:password@host:5432/database')
  .refine(isPostgresUrl, 'must be a connection string such as postgres://user:password@host:5432/database');

const proxies = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .pipe(
    z.array(z.string().refine(isAddressRange, 'must be addresses or ranges such as 10.0.0.0/8, separated by commas')),
  )
  .default([]);

const settings = z.object({
  /** Address the API listens on. */
  HOST: z.string().default('127.0.0.1'),
  /** Port of the API; 0 takes a free one. */
  PORT: integer(0, 65_535, 3000),
  /** Address the metrics listen on. */
  METRICS_HOST: z.string().default('127.0.0.1'),
  /** Port of the metrics, apart from the API's so that no proxy route can reach it; 0 takes a free one. */
  METRICS_PORT: integer(0, 65_535, 9464),
  /** Least severe level that is logged. */
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR'], 'must be DEBUG, INFO, WARN or ERROR').default('INFO'),

  DATABASE_URL: databaseUrl,
  /** Connections kept for requests. */
  DATABASE_POOL_SIZE: integer(1, 500, 10),
  /** Requests that may wait for a connection; the next one gets 503 at once. */
  DATABASE_QUEUE_SIZE: integer(0, 10_000, 200),
  /** Milliseconds a request waits for a connection, new or from the pool. */
  DATABASE_CONNECT_TIMEOUT_MS: integer(50, 60_000, 2_000),
  /** Milliseconds after which PostgreSQL cancels a statement; the client gives up one second later if PostgreSQL is silent. */
  DATABASE_STATEMENT_TIMEOUT_MS: integer(50, 600_000, 5_000),
  /** Statements slower than this many milliseconds are logged. */
  DATABASE_SLOW_MS: integer(1, 600_000, 500),
  /** Whether the service applies pending migrations when it starts; with false, `node dist/migrate.js` has to. */
  DATABASE_MIGRATE: flag(true),

  /** Tokens as JSON: name, SHA-256 of the secret, scopes. */
  TOKENS: registeredTokens.default([]),
  /** Who may read: `open` is everybody, `token` only bearers of a token with the scope read. */
  READS: z.enum(['open', 'token'], 'must be open or token').default('open'),
  /** Writes that one token may make in a minute on this instance. */
  WRITES_PER_MINUTE: integer(1, 10_000_000, 600),

  /** Proxies whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: proxies,
  /** Largest request body in bytes. */
  BODY_LIMIT_BYTES: integer(1_024, 10_485_760, 65_536),
  /** Milliseconds a client has to send its headers. */
  HEADERS_TIMEOUT_MS: integer(100, 600_000, 5_000),
  /** Milliseconds a client has to send a whole request. */
  REQUEST_TIMEOUT_MS: integer(100, 600_000, 15_000),
  /** Milliseconds an idle connection is kept open; longer than the proxy in front keeps its own, so that the proxy closes first. */
  KEEP_ALIVE_TIMEOUT_MS: integer(100, 600_000, 75_000),
  /** Milliseconds the readiness check waits for the database. */
  READINESS_TIMEOUT_MS: integer(50, 60_000, 2_000),
  /** Milliseconds between SIGTERM and closing, in which readiness is 503 and requests are still served: longer than the proxy takes to notice. */
  DRAIN_MS: integer(0, 600_000, 2_000),
  /** Milliseconds from SIGTERM after which the process ends whatever is still open. */
  SHUTDOWN_TIMEOUT_MS: integer(100, 900_000, 20_000),

  /** Seconds after which a running deployment may be taken over by a new one, and is recorded as abandoned. */
  DEPLOYMENT_TIMEOUT_SECONDS: integer(1, 31_536_000, 3_600),
  /** Seconds that the ledger's figures in /metrics may be old. */
  LEDGER_METRICS_SECONDS: integer(0, 86_400, 15),

  /** What was built; the image sets these. */
  VERSION: z.string().default('0.0.0-dev'),
  COMMIT: z.string().default('unknown'),
  /** Digest of the running image, told by whoever starts it: an image cannot know its own. */
  IMAGE_DIGEST: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
    .optional(),
});

/** The checked settings, as the rest of the service uses them. */
export type Configuration = z.output<typeof settings>;

/** Token under which Nest injects the {@link Configuration}. */
export const CONFIGURATION = Symbol('configuration');

/** Thrown when settings are missing or wrong; the message has one line for each of them. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads and checks all settings. An empty variable counts as unset, as Compose's `${NAME:-}` leaves it.
 *
 * @throws {ConfigurationError} naming every variable that is missing or wrong; values are never repeated, since they may be secrets.
 */
export function readConfiguration(environment: Environment): Configuration {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(settings.shape)) {
    const value = environment[name];
    if (value) values[name] = value;
  }
  for (const name of SECRETS) {
    const path = environment[`${name}_FILE`];
    if (!path) continue;
    if (values[name] !== undefined) {
      problems.push(`${name}: is set twice, directly and by ${name}_FILE: unset one of them`);
      continue;
    }
    try {
      values[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    }
  }
  const unreadable = new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':')).replace(/_FILE$/, '')));
  const result = settings.safeParse(values);
  for (const issue of result.error?.issues ?? []) {
    const [name, ...inside] = issue.path.map(String);
    if (name && !unreadable.has(name)) {
      problems.push(`${name}: ${inside.length > 0 ? `${inside.join('.')} ` : ''}${issue.message}`);
    }
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems);
  return Object.freeze(result.data);
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.hostname !== '' && url.pathname.length > 1;
}

function isAddressRange(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  if (version === 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
