/** The four DORA figures, computed from the ledger by the database. */
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Problem } from '../http/problem.js';
import type { Dora, DoraQuery } from './dora.schema.js';
import { doraFigures } from './dora.sql.js';
import type { DoraRow } from './dora.sql.js';

/** Length of the period when no begin is given. */
const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;

@Injectable()
export class DoraService {
  constructor(private readonly database: Database) {}

  /**
   * The figures of one environment over a period; those that nothing is known of are null.
   *
   * @param query times in RFC 3339; the period is the last 30 days by default
   * @throws {Problem} 422 when the period ends before it begins.
   */
  async figures(service: string, { environment, from, to }: DoraQuery): Promise<Dora> {
    const end = to ?? new Date().toISOString();
    const begin = from ?? new Date(Date.parse(end) - DEFAULT_DAYS * DAY_MS).toISOString();
    if (begin >= end) throw new Problem(422, `The period from ${begin} to ${end} is empty.`, { kind: 'empty-period' });
    const [row] = await this.database.query<DoraRow>(doraFigures, [service, environment, begin, end]);
    if (!row) throw new Error('dora_figures has to answer one row');
    return {
      service,
      environment,
      from: begin,
      to: end,
      deploymentFrequency: { perDay: row.per_day, deployments: row.succeeded },
      leadTimeForChanges: { p50Seconds: row.lead_p50, p90Seconds: row.lead_p90, deployments: row.succeeded },
      changeFailureRate: { ratio: row.failure_ratio, deployments: row.finished },
      timeToRestore: { p50Seconds: row.restore_p50, deployments: row.restored },
    };
  }
}
