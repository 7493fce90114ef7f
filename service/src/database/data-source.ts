/** How the service connects to PostgreSQL: one place for the pool, its time-outs and what TypeORM knows. */
import pg from 'pg';
import type { DataSourceOptions, Logger as TypeOrmLogger } from 'typeorm';
import type { Configuration } from '../configuration.js';
import { Deployment } from '../deployments/deployment.entity.js';
import { Release } from '../releases/release.entity.js';
import { migrations } from './migrations/index.js';

/** The tables as TypeORM knows them; the drift test compares them with what the migrations make. */
export const entities = [Release, Deployment];

type ConnectionSettings = Pick<
  Configuration,
  'DATABASE_URL' | 'DATABASE_POOL_SIZE' | 'DATABASE_CONNECT_TIMEOUT_MS' | 'DATABASE_STATEMENT_TIMEOUT_MS'
>;

/** How much longer than PostgreSQL's own statement_timeout the client waits before it takes the server for dead. */
const SILENCE_MS = 1_000;

/**
 * Options of the pool that serves requests.
 *
 * Two time-outs bound a statement: `statement_timeout` lets PostgreSQL cancel a slow one and keeps the connection;
 * `query_timeout` is the client's own, for a server that has stopped answering, and drops the connection.
 */
export function requestDataSourceOptions(settings: ConnectionSettings, logger: TypeOrmLogger): DataSourceOptions {
  return {
    ...sharedOptions(settings, logger),
    entities,
    poolSize: settings.DATABASE_POOL_SIZE,
    extra: {
      statement_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS,
      query_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS + SILENCE_MS,
      idle_in_transaction_session_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      // Compiling a plan costs more than any of these statements takes.
      options: '-c timezone=UTC -c jit=off',
    },
  };
}

/**
 * Options of the short-lived connections that migrate: no statement time-out, because a migration may take long and because
 * waiting for another instance's migration is right, but a lock time-out, so that a migration never blocks the service behind it.
 */
export function migrationDataSourceOptions(settings: ConnectionSettings, logger: TypeOrmLogger): DataSourceOptions {
  return {
    ...sharedOptions(settings, logger),
    migrations,
    migrationsTableName: 'migrations',
    poolSize: 2,
    extra: { options: '-c timezone=UTC -c lock_timeout=10s' },
  };
}

function sharedOptions(settings: ConnectionSettings, logger: TypeOrmLogger) {
  return {
    type: 'postgres',
    // Given outright because TypeORM's own look-up by name does not survive bundling.
    driver: pg,
    url: settings.DATABASE_URL,
    applicationName: 'release-ledger',
    connectTimeoutMS: settings.DATABASE_CONNECT_TIMEOUT_MS,
    // Nothing here needs an extension, and the service's role may not create one.
    installExtensions: false,
    // Not that extension either: it is TypeORM's word for gen_random_uuid(), which PostgreSQL itself has.
    uuidExtension: 'pgcrypto',
    synchronize: false,
    logger,
  } as const;
}
