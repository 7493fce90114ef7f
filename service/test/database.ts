/** Gives each test file a database of its own: a clone of a template that one worker migrates once. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrationDataSourceOptions } from '../src/database/data-source.js';
import { migrate } from '../src/database/migrate.js';
import { createLogger } from '../src/telemetry/logger.js';
import { TypeOrmMessages } from '../src/telemetry/nest-logger.js';
import { createDatabase } from './create-database.js';

/** Any key will do: it only keeps the workers of one server apart while the template is made. */
const TEMPLATE_LOCK = 815;

const silent = new TypeOrmMessages(createLogger('ERROR'));

/** The connection string of a fresh, migrated, empty database. */
export async function freshDatabase(): Promise<string> {
  const template = `${run()}_template`;
  const clone = newName();
  await onServer(async (server) => {
    await server.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await server.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      await server.query(`CREATE DATABASE ${template}`);
      await migrate(migrationDataSourceOptions(migrationSettings(template), silent));
    }
    await server.query(`CREATE DATABASE ${clone} TEMPLATE ${template}`);
  });
  return urlOf(clone);
}

/** The connection string of a fresh database without any table. */
export function emptyDatabase(): Promise<string> {
  return createDatabase(process.env['DATABASE_URL'] ?? '', newName());
}

/** Rows of one statement on the database with this connection string. */
export async function rows<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text, values.length > 0 ? values : undefined)).rows;
  } finally {
    await client.end();
  }
}

function migrationSettings(database: string) {
  return {
    DATABASE_URL: urlOf(database),
    DATABASE_POOL_SIZE: 2,
    DATABASE_CONNECT_TIMEOUT_MS: 5_000,
    DATABASE_STATEMENT_TIMEOUT_MS: 5_000,
  };
}

async function onServer(work: (server: pg.Client) => Promise<unknown>): Promise<void> {
  const server = new pg.Client(process.env['DATABASE_URL']);
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

/** Jest loads this file anew for each test file, so a counter would start over each time. */
function newName(): string {
  return `${run()}_${randomBytes(6).toString('hex')}`;
}

function run(): string {
  const name = process.env['LEDGER_TEST_RUN'];
  if (!name) throw new Error('the test run has no name: global-setup.ts gives it one');
  return name;
}

function urlOf(database: string): string {
  const url = new URL(process.env['DATABASE_URL'] ?? '');
  url.pathname = `/${database}`;
  return url.href;
}
