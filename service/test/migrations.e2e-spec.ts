/** The schema: made once however many start, the same as TypeORM's tables, and never in the way of the release before. */
import { describe, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { migrationDataSourceOptions, requestDataSourceOptions } from '../src/database/data-source.js';
import { migrate } from '../src/database/migrate.js';
import { migrations } from '../src/database/migrations/index.js';
import { createLogger } from '../src/telemetry/logger.js';
import { TypeOrmMessages } from '../src/telemetry/nest-logger.js';
import { emptyDatabase, freshDatabase, rows } from './database.js';
import { startLedger } from './ledger.js';

const messages = new TypeOrmMessages(createLogger('ERROR'));
const settings = (url: string) => ({
  DATABASE_URL: url,
  DATABASE_POOL_SIZE: 2,
  DATABASE_CONNECT_TIMEOUT_MS: 10_000,
  DATABASE_STATEMENT_TIMEOUT_MS: 5_000,
});

test('four instances start together on an empty database: all become ready, each migration is applied once', async () => {
  const url = await emptyDatabase();
  const ledgers = await Promise.all(Array.from({ length: 4 }, () => startLedger({ DATABASE_URL: url })));
  try {
    const readiness = await Promise.all(ledgers.map((ledger) => ledger.request('GET', '/health/ready')));
    expect(readiness.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(ledgers.flatMap(({ log }) => log.filter(({ message }) => message === 'migration applied'))).toHaveLength(
      migrations.length,
    );
    expect(await rows(url, 'SELECT name FROM migrations ORDER BY id')).toEqual(
      migrations.map(({ name }) => ({ name })),
    );
  } finally {
    await Promise.all(ledgers.map((ledger) => ledger.stop()));
  }
}, 60_000);

test('four migrations at once: none fails, one does the work', async () => {
  const options = migrationDataSourceOptions(settings(await emptyDatabase()), messages);
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(options)));
  expect(applied.flat()).toEqual(migrations.map(({ name }) => name));
}, 60_000);

test('with DATABASE_MIGRATE=false an instance waits, not ready, until somebody else has migrated', async () => {
  const url = await emptyDatabase();
  const ledger = await startLedger({ DATABASE_URL: url, DATABASE_MIGRATE: 'false', WAIT: 'no' });
  try {
    expect((await ledger.request('GET', '/health/ready')).status).toBe(503);
    expect((await ledger.request('GET', '/health/live')).status).toBe(200);
    await migrate(migrationDataSourceOptions(settings(url), messages));
    await ready(() => ledger.request('GET', '/health/ready'));
  } finally {
    await ledger.stop();
  }
}, 30_000);

async function ready(ask: () => Promise<{ status: number }>): Promise<void> {
  for (let tries = 0; (await ask()).status !== 200; tries += 1) {
    if (tries > 100) throw new Error('did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the migrations make exactly the tables that TypeORM knows', async () => {
  const dataSource = await new DataSource(
    requestDataSourceOptions(settings(await freshDatabase()), messages),
  ).initialize();
  try {
    // What `typeorm migration:generate --check` does.
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  } finally {
    await dataSource.destroy();
  }
});

describe('each migration', () => {
  test.each(migrations.map((migration) => [migration.name, migration] as const))(
    '%s cannot be undone',
    async (_name, Migration) => {
      await expect(new Migration().down()).rejects.toThrow('never undone');
    },
  );

  test.each(migrations.map((migration) => [migration.name, migration] as const))(
    '%s only adds, so that the release before it still works on the new schema',
    async (_name, Migration) => {
      const statements: string[] = [];
      await new Migration().up({ query: (text: string) => Promise.resolve(statements.push(text)) } as never);
      const text = statements.join(';\n').replaceAll(/\s+/g, ' ');
      // Contracting is the next release's, in a migration of its own, which is then named here with the release that stopped using it.
      expect(text).not.toMatch(
        /\bDROP (TABLE|COLUMN|CONSTRAINT|INDEX)|\bRENAME\b|ALTER COLUMN \w+ (TYPE|SET NOT NULL|SET DATA)|ADD COLUMN (?!.*(NULL|DEFAULT))/i,
      );
    },
  );
});
