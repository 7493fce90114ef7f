/** The SQL of deployments. */
import type { Statement } from '../database/database.js';
import type { KINDS, STATUSES } from './deployment.schema.js';

/** A row as the statements here select it. */
export interface DeploymentRow {
  id: string;
  position: string;
  service: string;
  environment: string;
  digest: string;
  kind: (typeof KINDS)[number];
  actor: string;
  took_over: string | null;
  status: (typeof STATUSES)[number];
  started_at: string;
  started_by: string;
  finished_at: string | null;
  finished_by: string | null;
  reason: string | null;
}

const COLUMNS = `id, position, service, environment, digest, kind, actor, took_over, status,
  started_at, started_by, finished_at, finished_by, reason`;

/**
 * Starts a deployment of a release that passed. Returns nothing when there is no such release, when one is running already, or
 * when the key was used: the unique indexes decide that, so that no race can get past them.
 */
export const startDeployment: Statement = {
  name: 'start_deployment',
  text: `INSERT INTO deployments (service, environment, digest, kind, actor, idempotency_key, started_by, took_over)
         SELECT service, $2, digest, $4, $5, $6, $7, $8::uuid FROM releases
         WHERE service = $1 AND digest = $3 AND verdict_status = 'passed'
         ON CONFLICT DO NOTHING
         RETURNING ${COLUMNS}`,
};

export const deploymentByKey: Statement = {
  name: 'deployment_by_key',
  text: `SELECT ${COLUMNS} FROM deployments
         WHERE started_by = $1 AND service = $2 AND environment = $3 AND idempotency_key = $4`,
};

export const verdictOf: Statement = {
  name: 'verdict_of',
  text: 'SELECT verdict_status FROM releases WHERE service = $1 AND digest = $2',
};

/** The running deployment, its age in whole seconds, and whether it is older than $3 seconds. */
export const runningDeployment: Statement = {
  name: 'running_deployment',
  text: `SELECT ${COLUMNS}, floor(extract(epoch FROM clock_timestamp() - started_at))::int AS age_seconds,
           clock_timestamp() - started_at > make_interval(secs => $3) AS overdue
         FROM deployments WHERE service = $1 AND environment = $2 AND status = 'running'`,
};

/** Finishes a deployment, unless it is finished already. */
export const finishDeployment: Statement = {
  name: 'finish_deployment',
  text: `UPDATE deployments SET status = $2, reason = $3, finished_by = $4, finished_at = clock_timestamp()
         WHERE id = $1 AND status = 'running'
         RETURNING ${COLUMNS}`,
};

export const oneDeployment: Statement = {
  name: 'one_deployment',
  text: `SELECT ${COLUMNS} FROM deployments WHERE id = $1`,
};

/** The history of an environment, newest first. $3 is the cursor's key, $4 the limit. */
const history = (name: string, filter: string): Statement => ({
  name,
  text: `SELECT ${COLUMNS} FROM deployments
         WHERE service = $1 AND environment = $2 AND position < $3 ${filter} ORDER BY position DESC LIMIT $4`,
});

export const listDeployments = history('list_deployments', '');
export const listDeploymentsByStatus = history('list_deployments_by_status', 'AND status = $5');
