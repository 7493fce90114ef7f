/** Runs the service's SQL: named prepared statements on TypeORM's own pool, with a bounded queue in front of it. */
import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { LOGGER } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';
import { rfc3339Types } from './instants.js';
import { DatabaseUnavailable, isUnavailable, refusesWrites } from './unavailable.js';

/** A statement that PostgreSQL prepares once a connection; `name` identifies it there, in logs and in metrics. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Anything that runs statements: the database, or one transaction on it. */
export interface Queries {
  /** The rows of one statement; times come as RFC 3339 text in UTC with milliseconds. */
  query<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/** How many connections there are, and how many requests wait for one. */
export interface PoolState {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Milliseconds for which one refused write counts: longer than probes are apart. Only the next write can tell whether there is space again. */
const REFUSAL_MS = 5_000;

@Injectable()
export class Database implements Queries {
  #writeRefusedAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws {DatabaseUnavailable} when the database cannot serve now: unreachable, overloaded, or the queue for it is full. */
  query<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.run<Row>(this.pool(), statement, values);
  }

  /**
   * Runs `work` in one transaction: committed if it returns, rolled back if it throws.
   *
   * @throws {DatabaseUnavailable} as {@link query}, and whatever `work` throws.
   */
  async transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work({ query: (statement, values) => this.run(client, statement, values) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // A connection that cannot even roll back is in no known state: it is closed instead of going back to the pool.
      await client.query('ROLLBACK').catch((reason: unknown) => {
        broken = reason instanceof Error ? reason : new Error(String(reason));
      });
      throw this.translated(error);
    } finally {
      client.release(broken);
    }
  }

  /** Whether PostgreSQL refused a write a moment ago because it takes none, as on a full disk: reads, and so checks that read, still succeed then. */
  get refusesWrites(): boolean {
    return performance.now() - this.#writeRefusedAt < REFUSAL_MS;
  }

  /** The pool's state; all zero before the first connection. */
  poolState(): PoolState {
    if (!this.dataSource.isInitialized) return { inUse: 0, idle: 0, waiting: 0 };
    const { totalCount, idleCount, waitingCount } = this.typeOrmPool();
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  private async run<Row extends QueryResultRow>(
    on: Pool | PoolClient,
    { name, text }: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const started = performance.now();
    try {
      const config: QueryConfig = { name, text, values: values as unknown[], types: rfc3339Types };
      const { rows } = await on.query<Row>(config);
      const elapsed = performance.now() - started;
      if (elapsed >= this.configuration.DATABASE_SLOW_MS) {
        this.logger.warn({ statement: name, duration_ms: Math.round(elapsed) }, 'slow statement');
      }
      return rows;
    } catch (error) {
      throw this.translated(error, name);
    }
  }

  private async connect(): Promise<PoolClient> {
    try {
      return await this.pool().connect();
    } catch (error) {
      throw this.translated(error);
    }
  }

  /** The pool, unless so many wait for it already that waiting too would only make the answer late. */
  private pool(): Pool {
    if (!this.dataSource.isInitialized) throw new DatabaseUnavailable('not connected to the database yet');
    const pool = this.typeOrmPool();
    if (pool.waitingCount >= this.configuration.DATABASE_QUEUE_SIZE && pool.idleCount === 0 && pool.totalCount > 0) {
      throw new DatabaseUnavailable(`${pool.waitingCount} requests already wait for a connection`);
    }
    return pool;
  }

  private typeOrmPool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  private translated(error: unknown, statement?: string): unknown {
    if (error instanceof DatabaseUnavailable || !isUnavailable(error)) return error;
    if (refusesWrites(error)) this.#writeRefusedAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    return new DatabaseUnavailable(statement ? `${statement}: ${reason}` : reason, { cause: error });
  }
}
