/** The ledger of deployments: one at a time in each environment, finished once. */
import { Inject, Injectable } from '@nestjs/common';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { Database } from '../database/database.js';
import { DatabaseUnavailable } from '../database/unavailable.js';
import { fromCursor, toCursor } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import type {
  Deployment,
  DeploymentFilter,
  DeploymentFinish,
  DeploymentStart,
  EnvironmentPath,
} from './deployment.schema.js';
import {
  deploymentByKey,
  finishDeployment,
  listDeployments,
  listDeploymentsByStatus,
  oneDeployment,
  runningDeployment,
  startDeployment,
  verdictOf,
} from './deployments.sql.js';
import type { DeploymentRow } from './deployments.sql.js';

/** Larger than any position, so that the first page needs no statement of its own. */
const BEFORE_ALL = '9223372036854775807';

/** How often a start is tried when what was in its way is gone by the time it is looked at. */
const ATTEMPTS = 5;

type RunningRow = DeploymentRow & { age_seconds: number; overdue: boolean };

/** A start as it was asked for. */
interface Attempt extends EnvironmentPath, DeploymentStart {
  readonly key: string;
  readonly by: string;
}

@Injectable()
export class DeploymentsService {
  constructor(
    private readonly database: Database,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * Starts a deployment. The same key with the same request returns the first answer again, word for word, whatever has become
   * of the deployment since; refused starts leave nothing behind, so their key may be used again.
   *
   * @throws {Problem} 409 while another one runs that is younger than DEPLOYMENT_TIMEOUT_SECONDS;
   *   422 when the release is unknown or did not pass, or when the key was used for another request.
   */
  async start(attempt: Attempt): Promise<{ deployment: Deployment; replayed: boolean }> {
    for (let count = 0; count < ATTEMPTS; count += 1) {
      const [started] = await this.database.query<DeploymentRow>(startDeployment, startValues(attempt));
      if (started) return { deployment: toDeployment(started), replayed: false };

      const earlier = await this.replay(attempt);
      if (earlier) return { deployment: earlier, replayed: true };
      await this.requirePassed(attempt);

      const { service, environment } = attempt;
      const timeout = this.configuration.DEPLOYMENT_TIMEOUT_SECONDS;
      const [running] = await this.database.query<RunningRow>(runningDeployment, [service, environment, timeout]);
      if (!running) continue;
      if (!running.overdue) throw alreadyRunning(running);
      const successor = await this.takeOver(running, attempt);
      if (successor) return { deployment: toDeployment(successor), replayed: false };
    }
    throw new DatabaseUnavailable('deployments came and went in this environment faster than one could be started');
  }

  /**
   * Finishes a deployment. Finishing it again with the same outcome changes nothing, not even the reason.
   *
   * @param by name of the token that finishes it
   * @throws {Problem} 404 when there is none, 409 when it was finished with another outcome.
   */
  async finish(id: string, { outcome, reason }: DeploymentFinish, by: string): Promise<Deployment> {
    const [finished] = await this.database.query<DeploymentRow>(finishDeployment, [id, outcome, reason ?? null, by]);
    if (finished) return toDeployment(finished);
    const deployment = await this.find(id);
    if (deployment.status !== outcome) {
      throw new Problem(409, `The deployment was finished before, as ${deployment.status}.`, {
        kind: 'deployment-finished',
        extensions: { outcome: deployment.status, finishedAt: deployment.finishedAt },
      });
    }
    return deployment;
  }

  /** @throws {Problem} 404 when there is none. */
  async find(id: string): Promise<Deployment> {
    const [row] = await this.database.query<DeploymentRow>(oneDeployment, [id]);
    if (!row) throw new Problem(404, `There is no deployment ${id}.`);
    return toDeployment(row);
  }

  /** One page of an environment's history, newest first; `next` is the cursor of the page after it, if there is one. */
  async list(
    { service, environment }: EnvironmentPath,
    { status, cursor, limit }: DeploymentFilter,
  ): Promise<{ items: Deployment[]; next: string | undefined }> {
    const before = cursor === undefined ? BEFORE_ALL : fromCursor(cursor);
    const values = [service, environment, before, limit + 1];
    const rows = await (status === undefined
      ? this.database.query<DeploymentRow>(listDeployments, values)
      : this.database.query<DeploymentRow>(listDeploymentsByStatus, [...values, status]));
    const more = rows.length > limit;
    if (more) rows.pop();
    const last = rows.at(-1);
    return { items: rows.map(toDeployment), next: more && last ? toCursor(last.position) : undefined };
  }

  /** The first answer to this key, as it was given then. */
  private async replay({
    service,
    environment,
    digest,
    kind,
    actor,
    key,
    by,
  }: Attempt): Promise<Deployment | undefined> {
    const [earlier] = await this.database.query<DeploymentRow>(deploymentByKey, [by, service, environment, key]);
    if (!earlier) return undefined;
    if (earlier.digest !== digest || earlier.kind !== kind || earlier.actor !== actor) {
      throw new Problem(422, `This Idempotency-Key was used before, for deployment ${earlier.id}, with another body.`, {
        kind: 'idempotency-key-reused',
      });
    }
    return { ...toDeployment(earlier), status: 'running', finishedAt: null, finishedBy: null, reason: null };
  }

  private async requirePassed({ service, digest }: Attempt): Promise<void> {
    const [release] = await this.database.query<{ verdict_status: string }>(verdictOf, [service, digest]);
    if (release?.verdict_status === 'passed') return;
    throw new Problem(
      422,
      release
        ? `The verdict on ${digest} is ${release.verdict_status}. Only a release that passed can be deployed.`
        : `${service} has no release ${digest}. Record it first.`,
      { kind: release ? 'release-not-passed' : 'release-unknown' },
    );
  }

  /** Abandons an overdue deployment and starts the next in one transaction; nothing if somebody else was faster. */
  private takeOver(overdue: RunningRow, attempt: Attempt): Promise<DeploymentRow | undefined> {
    const reason = `taken over after ${overdue.age_seconds} s by ${attempt.by}`;
    return this.database.transaction(async (queries) => {
      const [abandoned] = await queries.query<DeploymentRow>(finishDeployment, [
        overdue.id,
        'abandoned',
        reason,
        attempt.by,
      ]);
      if (!abandoned) return undefined;
      const [started] = await queries.query<DeploymentRow>(startDeployment, startValues(attempt, overdue.id));
      // Nobody can have started one in between, so only a key used at this very moment comes here; the roll-back lets the next try see it.
      if (!started) throw new DatabaseUnavailable('the Idempotency-Key was used at the same moment');
      return started;
    });
  }
}

function startValues(
  { service, environment, digest, kind, actor, key, by }: Attempt,
  tookOver: string | null = null,
): unknown[] {
  return [service, environment, digest, kind, actor, key, by, tookOver];
}

function alreadyRunning(running: RunningRow): Problem {
  const { id, digest, actor, started_at: startedAt, age_seconds: ageSeconds } = running;
  return new Problem(409, `Deployment ${id} by ${actor} has been running here for ${ageSeconds} s.`, {
    kind: 'deployment-running',
    extensions: { running: { id, digest, actor, startedAt, ageSeconds } },
  });
}

function toDeployment(row: DeploymentRow): Deployment {
  return {
    id: row.id,
    service: row.service,
    environment: row.environment,
    digest: row.digest,
    kind: row.kind,
    actor: row.actor,
    status: row.status,
    startedAt: row.started_at,
    startedBy: row.started_by,
    finishedAt: row.finished_at,
    finishedBy: row.finished_by,
    reason: row.reason,
    tookOver: row.took_over,
  };
}
