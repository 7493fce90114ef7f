/** What runs where, since when, and what one could go back to. */
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Problem } from '../http/problem.js';
import type { EnvironmentPath, EnvironmentState } from './deployment.schema.js';
import { allEnvironments, environmentsOfService, oneEnvironment } from './environments.sql.js';
import type { EnvironmentRow } from './environments.sql.js';

@Injectable()
export class EnvironmentsService {
  constructor(private readonly database: Database) {}

  /** @throws {Problem} 404 when nothing was ever deployed there. */
  async find({ service, environment }: EnvironmentPath): Promise<EnvironmentState> {
    const [row] = await this.database.query<EnvironmentRow>(oneEnvironment, [service, environment]);
    if (!row?.known) throw new Problem(404, `Nothing was ever deployed to ${environment} of ${service}.`);
    return toState(row);
  }

  /** The environments that a service was ever deployed to, by name. */
  async ofService(service: string): Promise<EnvironmentState[]> {
    return (await this.database.query<EnvironmentRow>(environmentsOfService, [service])).map(toState);
  }

  /** The environments of all services, by name, at most `limit`. */
  async all(limit: number): Promise<EnvironmentState[]> {
    return (await this.database.query<EnvironmentRow>(allEnvironments, [limit])).map(toState);
  }
}

function toState(row: EnvironmentRow): EnvironmentState {
  return {
    service: row.service,
    environment: row.environment,
    current: row.current_id
      ? {
          digest: row.current_digest,
          version: row.current_version,
          deployment: row.current_id,
          kind: row.current_kind,
          actor: row.current_actor,
          since: row.current_since,
        }
      : null,
    lastGood: row.good_id
      ? {
          digest: row.good_digest,
          version: row.good_version,
          deployment: row.good_id,
          kind: row.good_kind,
          actor: row.good_actor,
          since: row.good_since,
        }
      : null,
    running: row.running_id
      ? {
          deployment: row.running_id,
          digest: row.running_digest,
          actor: row.running_actor,
          startedAt: row.running_started_at,
        }
      : null,
  };
}
