/** The SQL of environments: what runs where is read from the history of deployments, it is stored nowhere else. */
import type { Statement } from '../database/database.js';
import type { KINDS } from './deployment.schema.js';

/** A row as the statements here select it; the columns of a part that does not exist are null. */
export interface EnvironmentRow {
  service: string;
  environment: string;
  known: boolean;
  current_id: string | null;
  current_digest: string;
  current_version: string;
  current_kind: (typeof KINDS)[number];
  current_actor: string;
  current_since: string;
  good_id: string | null;
  good_digest: string;
  good_version: string;
  good_kind: (typeof KINDS)[number];
  good_actor: string;
  good_since: string;
  running_id: string | null;
  running_digest: string;
  running_actor: string;
  running_started_at: string;
}

/** The state of the environments in a CTE `place(service, environment)`; each part is one step along an index. */
const stateOf = (places: string): string => `
  WITH RECURSIVE ${places}
  SELECT place.service, place.environment,
    current.id AS current_id, current.digest AS current_digest, current.version AS current_version,
    current.kind AS current_kind, current.actor AS current_actor, current.finished_at AS current_since,
    good.id AS good_id, good.digest AS good_digest, good.version AS good_version,
    good.kind AS good_kind, good.actor AS good_actor, good.finished_at AS good_since,
    running.id AS running_id, running.digest AS running_digest, running.actor AS running_actor,
    running.started_at AS running_started_at,
    EXISTS (SELECT FROM deployments WHERE (service, environment) = (place.service, place.environment)) AS known
  FROM place
  LEFT JOIN LATERAL (
    SELECT d.*, r.version FROM deployments d JOIN releases r ON r.service = d.service AND r.digest = d.digest
    WHERE d.service = place.service AND d.environment = place.environment AND d.status = 'succeeded'
    ORDER BY d.position DESC LIMIT 1
  ) current ON true
  LEFT JOIN LATERAL (
    -- Back from the current one, a step at a time and no further than needed: what a rollback replaced was not good, and a
    -- digest that was there more than once is judged by its last time.
    WITH RECURSIVE back AS (
      SELECT current.id, current.position, current.digest, current.kind, current.actor, current.finished_at,
        ARRAY[current.digest] AS seen, false AS good
      WHERE current.id IS NOT NULL
      UNION ALL
      SELECT older.id, older.position, older.digest, older.kind, older.actor, older.finished_at,
        CASE WHEN older.digest = ANY (back.seen) THEN back.seen ELSE back.seen || older.digest END,
        back.kind = 'deploy' AND older.digest <> ALL (back.seen)
      FROM back CROSS JOIN LATERAL (
        SELECT * FROM deployments d
        WHERE d.service = place.service AND d.environment = place.environment AND d.status = 'succeeded'
          AND d.position < back.position
        ORDER BY d.position DESC LIMIT 1
      ) older
      WHERE NOT back.good
    )
    SELECT back.*, r.version FROM back JOIN releases r ON r.service = place.service AND r.digest = back.digest WHERE back.good
  ) good ON true
  LEFT JOIN deployments running ON running.service = place.service AND running.environment = place.environment
    AND running.status = 'running'
  ORDER BY place.service, place.environment`;

export const oneEnvironment: Statement = {
  name: 'one_environment',
  text: stateOf('place(service, environment) AS (VALUES ($1::text, $2::text))'),
};

/** The environments of a service, found by hopping from one to the next in the index instead of reading the whole history. */
export const environmentsOfService: Statement = {
  name: 'environments_of_service',
  text: stateOf(`place(service, environment) AS (
    (SELECT service, environment FROM deployments WHERE service = $1 ORDER BY environment LIMIT 1)
    UNION ALL
    SELECT next.service, next.environment FROM place CROSS JOIN LATERAL (
      SELECT d.service, d.environment FROM deployments d
      WHERE d.service = $1 AND d.environment > place.environment ORDER BY d.environment LIMIT 1) next
  )`),
};

/** All environments of all services, at most $1 of them, for the metrics. */
export const allEnvironments: Statement = {
  name: 'all_environments',
  text: stateOf(`hop(service, environment) AS (
    (SELECT service, environment FROM deployments ORDER BY service, environment LIMIT 1)
    UNION ALL
    SELECT next.service, next.environment FROM hop CROSS JOIN LATERAL (
      SELECT d.service, d.environment FROM deployments d
      WHERE (d.service, d.environment) > (hop.service, hop.environment) ORDER BY d.service, d.environment LIMIT 1) next
  ), place AS (SELECT * FROM hop LIMIT $1)`),
};
