/** The SQL of the ledger's own metrics. */
import type { Statement } from '../database/database.js';

/** Releases by service and verdict, at most $1 rows. */
export const countReleases: Statement = {
  name: 'count_releases',
  text: `SELECT service, verdict_status AS verdict, count(*)::int AS count FROM releases
         GROUP BY service, verdict_status ORDER BY service, verdict_status LIMIT $1`,
};

/** Finished deployments by service, environment and status, at most $1 rows. */
export const countDeployments: Statement = {
  name: 'count_deployments',
  text: `SELECT service, environment, status, count(*)::int AS count FROM deployments WHERE status <> 'running'
         GROUP BY service, environment, status ORDER BY service, environment, status LIMIT $1`,
};
