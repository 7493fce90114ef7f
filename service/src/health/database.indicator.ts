/** Whether the database answers, in time and with this release's schema, and takes writes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/database.js';
import { migrations } from '../database/migrations/index.js';
import { LOGGER } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';

const KNOWN = migrations.map(({ name }) => name);

const appliedMigrations: Statement = {
  name: 'applied_migrations',
  text: 'SELECT count(DISTINCT name)::int AS count FROM migrations WHERE name = ANY($1)',
};

/** What is wrong, in words that name no address, user or password. */
type State = 'up' | 'unreachable' | 'slow' | 'migrations pending' | 'writes refused';

@Injectable()
export class DatabaseIndicator {
  /** The check under way: probes that come while it runs share it, so that a hanging database collects one waiting check, not one a probe. */
  #check: Promise<State> | undefined;
  #last: State = 'up';

  constructor(
    private readonly database: Database,
    private readonly indicators: HealthIndicatorService,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Answers within READINESS_TIMEOUT_MS, whatever the database does. */
  async isHealthy() {
    const indicator = this.indicators.check('database');
    const state = await this.state();
    if (state !== this.#last) {
      this.logger.warn({ from: this.#last, to: state }, 'the state of the database has changed');
      this.#last = state;
    }
    return state === 'up' ? indicator.up() : indicator.down({ reason: state });
  }

  private async state(): Promise<State> {
    this.#check ??= this.check().finally(() => {
      this.#check = undefined;
    });
    const timer = new AbortController();
    const slow = sleep<State>(this.configuration.READINESS_TIMEOUT_MS, 'slow', { signal: timer.signal, ref: false });
    try {
      return await Promise.race([this.#check, slow]);
    } finally {
      timer.abort();
      slow.catch(() => undefined);
    }
  }

  private async check(): Promise<State> {
    try {
      const [applied] = await this.database.query<{ count: number }>(appliedMigrations, [KNOWN]);
      if (applied?.count !== KNOWN.length) return 'migrations pending';
      return this.database.refusesWrites ? 'writes refused' : 'up';
    } catch (error) {
      if (isMissingTable(error)) return 'migrations pending';
      this.logger.debug({ error }, 'the database did not answer the readiness check');
      return 'unreachable';
    }
  }
}

function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01';
}
