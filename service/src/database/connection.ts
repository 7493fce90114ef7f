/** Connects to the database and brings its schema up to date, in the background and for as long as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { LOGGER } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';
import { TypeOrmMessages } from '../telemetry/nest-logger.js';
import { migrationDataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';
import { pendingMigrations } from './pending-migrations.js';

/** Milliseconds between attempts: the first retries are quick, because a database that starts beside the service is soon there. */
const RETRY_MS = [100, 250, 500, 1_000, 2_000];

@Injectable()
export class DatabaseConnection implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stop = new AbortController();
  #ready: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Not awaited: a service that starts before its database is alive but not ready, and becomes ready by itself. */
  onApplicationBootstrap(): void {
    this.#ready = this.connect();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    await this.#ready;
  }

  /** Settles once the database is connected and migrated, or the process was told to end. */
  whenReady(): Promise<void> {
    return this.#ready;
  }

  private async connect(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        if (!this.dataSource.isInitialized) await this.dataSource.initialize();
        await this.migrate();
        this.logger.info('the database is connected and its schema is up to date');
        return;
      } catch (error) {
        const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
        this.logger.error({ error, retry_ms: wait }, 'the database is not usable yet');
        await sleep(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  /** Looks before it locks: most starts have nothing to migrate and need not wait for each other. */
  private async migrate(): Promise<void> {
    const pending = await pendingMigrations(this.dataSource);
    if (pending.length === 0) return;
    if (!this.configuration.DATABASE_MIGRATE) {
      throw new Error(
        `migrations are pending and DATABASE_MIGRATE is false: ${pending.join(', ')}: run node dist/migrate.js`,
      );
    }
    const options = migrationDataSourceOptions(this.configuration, new TypeOrmMessages(this.logger));
    for (const name of await migrate(options)) this.logger.info({ migration: name }, 'migration applied');
  }
}
