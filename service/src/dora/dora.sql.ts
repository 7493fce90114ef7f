/** The SQL of the DORA figures. */
import type { Statement } from '../database/database.js';

export interface DoraRow {
  succeeded: number;
  per_day: number | null;
  lead_p50: number | null;
  lead_p90: number | null;
  finished: number;
  failure_ratio: number | null;
  restored: number;
  restore_p50: number | null;
}

/**
 * The figures of one environment for the deployments that finished from $3 until before $4.
 *
 * - A change is a deployment of kind `deploy`; a rollback takes one back and is none. Abandoned ones are left out: nobody knows how they ended.
 * - A change failed if it ended failed or rolled_back, or if it succeeded and the next deployment was a rollback.
 * - A failure is over with the next deployment that succeeds, be it after the period; one that was rolled_back is over when it finished.
 *   It begins when the failed change finished, and for one that was rolled_back when it started.
 *
 * Aggregates over no rows are null, which is what the API answers.
 */
export const doraFigures: Statement = {
  name: 'dora_figures',
  text: `
    WITH change AS (
      SELECT d.position, d.status, d.started_at, d.finished_at,
        extract(epoch FROM d.finished_at - r.committed_at)::float8 AS lead,
        d.status <> 'succeeded' OR 'rollback' = (
          SELECT next.kind FROM deployments next
          WHERE next.service = d.service AND next.environment = d.environment AND next.position > d.position
          ORDER BY next.position LIMIT 1) AS failed
      FROM deployments d JOIN releases r ON r.service = d.service AND r.digest = d.digest
      WHERE d.service = $1 AND d.environment = $2 AND d.finished_at >= $3 AND d.finished_at < $4
        AND d.kind = 'deploy' AND d.status <> 'abandoned'
    ), failure AS (
      SELECT extract(epoch FROM CASE change.status
          WHEN 'rolled_back' THEN change.finished_at - change.started_at
          ELSE (
            SELECT next.finished_at FROM deployments next
            WHERE next.service = $1 AND next.environment = $2 AND next.status = 'succeeded' AND next.position > change.position
            ORDER BY next.position LIMIT 1) - change.finished_at
        END)::float8 AS duration
      FROM change WHERE change.failed
    ), changes AS (
      SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FILTER (WHERE status = 'succeeded') AS lead_p50,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY lead) FILTER (WHERE status = 'succeeded') AS lead_p90,
        count(*)::int AS finished,
        avg(CASE WHEN failed THEN 1 ELSE 0 END)::float8 AS failure_ratio
      FROM change
    ), failures AS (
      SELECT count(duration)::int AS restored, percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) AS restore_p50 FROM failure
    )
    SELECT changes.*, failures.*,
      nullif(succeeded, 0) / (extract(epoch FROM $4::timestamptz - $3::timestamptz)::float8 / 86400) AS per_day
    FROM changes CROSS JOIN failures`,
};
