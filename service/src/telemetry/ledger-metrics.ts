/** Shows what the ledger holds in the metrics: releases by verdict, deployments by outcome, what runs where, the DORA figures. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { Database } from '../database/database.js';
import { EnvironmentsService } from '../deployments/environments.service.js';
import type { EnvironmentState } from '../deployments/deployment.schema.js';
import { DoraService } from '../dora/dora.service.js';
import { countDeployments, countReleases } from './counts.sql.js';
import { LOGGER } from './logger.js';
import type { Logger } from './logger.js';
import { REGISTRY } from './registry.js';

/** Most series of one metric that come from the ledger's contents, so that its growth cannot overwhelm Prometheus. */
const MOST_SERIES = 1_000;
/** Most environments whose DORA figures are computed for the metrics; the API computes those of any. */
const MOST_DORA = 200;

/** Milliseconds that a scrape waits for the database: Prometheus gives up after ten seconds, and then lacks Node's own figures, too, which are the ones to look at then. */
const PATIENCE_MS = 750;

const PLACE = ['service', 'environment'] as const;

@Injectable()
export class LedgerMetrics {
  readonly #releases: Gauge;
  readonly #deployments: Counter;
  readonly #running: Gauge;
  readonly #frequency: Gauge;
  readonly #leadTime: Gauge;
  readonly #failures: Gauge;
  readonly #restore: Gauge;
  readonly #age: Gauge;
  readonly #outdated: Counter;
  #reading: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #readAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly environments: EnvironmentsService,
    private readonly dora: DoraService,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REGISTRY) registry: Registry,
  ) {
    // Each awaits the same reading: the registry asks all of them at once.
    const collect = (): Promise<void> => this.refresh();
    const gauge = (name: string, help: string, labelNames: readonly string[]) =>
      new Gauge({ name, help, labelNames, collect, registers: [registry] });
    this.#releases = gauge('ledger_releases', 'Releases recorded, by service and verdict.', ['service', 'verdict']);
    this.#deployments = new Counter({
      name: 'ledger_deployments_total',
      help: 'Deployments that were finished, by service, environment and outcome.',
      labelNames: [...PLACE, 'outcome'],
      collect,
      registers: [registry],
    });
    this.#running = gauge('ledger_running_version_info', 'What runs where; always 1.', [...PLACE, 'version', 'digest']);
    this.#frequency = gauge(
      'ledger_dora_deployments_per_day',
      'Changes that succeeded, a day, over the last 30 days.',
      PLACE,
    );
    this.#leadTime = gauge(
      'ledger_dora_lead_time_seconds',
      'Time from commit to success of the changes of the last 30 days, in seconds.',
      [...PLACE, 'quantile'],
    );
    this.#failures = gauge(
      'ledger_dora_change_failure_ratio',
      'Share of the changes of the last 30 days that failed.',
      PLACE,
    );
    this.#restore = gauge(
      'ledger_dora_time_to_restore_seconds',
      'Median time that failures of the last 30 days took, in seconds.',
      PLACE,
    );
    this.#outdated = new Counter({
      name: 'ledger_metrics_outdated_total',
      help: 'Scrapes that showed older figures of the ledger than they should, or none, because the database did not answer in time.',
      collect,
      registers: [registry],
    });
    this.#age = gauge(
      'ledger_metrics_age_seconds',
      'How long ago the figures of the ledger were read from the database, in seconds; absent before they were.',
      [],
    );
  }

  /** Brings the figures up to date, once for all the metrics of a scrape. When the database does not answer in time the old ones stay, and their age grows. */
  private refresh(): Promise<void> {
    this.#refreshing ??= this.readInTime().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  private async readInTime(): Promise<void> {
    const age = (): number => (performance.now() - this.#readAt) / 1_000;
    if (age() >= this.configuration.LEDGER_METRICS_SECONDS) {
      // One that is still under way since the last scrape is not begun again.
      this.#reading ??= this.read()
        .catch((error: unknown) => this.logger.warn({ error }, 'the figures of the ledger could not be read'))
        .finally(() => {
          this.#reading = undefined;
        });
      const before = this.#readAt;
      await Promise.race([this.#reading, sleep(PATIENCE_MS, undefined, { ref: false })]);
      if (this.#readAt === before) this.#outdated.inc();
    }
    if (Number.isFinite(age())) this.#age.set(age());
  }

  private async read(): Promise<void> {
    const releases = await this.database.query<{ service: string; verdict: string; count: number }>(countReleases, [
      MOST_SERIES,
    ]);
    const deployments = await this.database.query<{
      service: string;
      environment: string;
      status: string;
      count: number;
    }>(countDeployments, [MOST_SERIES]);
    const environments = await this.environments.all(MOST_SERIES);
    const figures = [];
    for (const { service, environment } of environments.slice(0, MOST_DORA)) {
      figures.push(await this.dora.figures(service, { environment }));
    }

    this.#releases.reset();
    for (const { service, verdict, count } of releases) this.#releases.set({ service, verdict }, count);
    this.#deployments.reset();
    for (const { service, environment, status, count } of deployments) {
      this.#deployments.inc({ service, environment, outcome: status }, count);
    }
    this.showRunning(environments);
    for (const gauge of [this.#frequency, this.#leadTime, this.#failures, this.#restore]) gauge.reset();
    for (const {
      service,
      environment,
      deploymentFrequency,
      leadTimeForChanges,
      changeFailureRate,
      timeToRestore,
    } of figures) {
      const place = { service, environment };
      show(this.#frequency, place, deploymentFrequency.perDay);
      show(this.#leadTime, { ...place, quantile: '0.5' }, leadTimeForChanges.p50Seconds);
      show(this.#leadTime, { ...place, quantile: '0.9' }, leadTimeForChanges.p90Seconds);
      show(this.#failures, place, changeFailureRate.ratio);
      show(this.#restore, place, timeToRestore.p50Seconds);
    }
    this.#readAt = performance.now();
  }

  private showRunning(environments: readonly EnvironmentState[]): void {
    this.#running.reset();
    for (const { service, environment, current } of environments) {
      if (current) this.#running.set({ service, environment, version: current.version, digest: current.digest }, 1);
    }
  }
}

/** Null is no series: an absent figure must not look like a perfect one. */
function show(gauge: Gauge, labels: Record<string, string>, value: number | null): void {
  if (value !== null) gauge.set(labels, value);
}
