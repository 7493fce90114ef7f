/**
 * A release's JSON text, put together by hand, which takes both the service and PostgreSQL a fraction of what their own makers of JSON take.
 *
 * Nothing in it needs escaping, because the patterns of release.schema.ts, and of token names, let no such character in (a test holds it).
 */
import type { ReleaseFacts } from './release.schema.js';

/**
 * The text up to when and by whom it is recorded.
 *
 * @param counts the verdict's counts as JSON text
 */
export function upToRecording(service: string, digest: string, facts: ReleaseFacts, counts: string): string {
  const { version, commit, committedAt, repository, verdict, sbomDigest } = facts;
  return (
    `{"service":"${service}","digest":"${digest}","version":"${version}","commit":"${commit}"` +
    `,"committedAt":"${committedAt}","repository":"${repository}"` +
    `,"verdict":{"status":"${verdict.status}","counts":${counts},"policy":"${verdict.policy}","finishedAt":"${verdict.finishedAt}"}` +
    `,"sbomDigest":${sbomDigest === null ? 'null' : `"${sbomDigest}"`}`
  );
}

/** The whole text: what {@link upToRecording} made, with when and by whom it was recorded. */
export function recorded(beginning: string, recordedAt: string, recordedBy: string): string {
  return `${beginning},"recordedAt":"${recordedAt}","recordedBy":"${recordedBy}"}`;
}

/** A moment as the service writes it, in SQL. */
const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const orNull = (column: string): string => `coalesce('"' || ${column} || '"', 'null')`;

/** {@link recorded} in SQL, of three expressions: the beginning, the moment and the name. */
export const recordedInSql = (beginning: string, at: string, by: string): string =>
  `${beginning} || ',"recordedAt":"' || ${instant(at)} || '","recordedBy":"' || ${by} || '"}'`;

/** The whole text in SQL, from a row's columns: for releases that were recorded without their text, and for rows made by hand. */
export const FROM_COLUMNS = recordedInSql(
  `concat('{"service":"', service, '","digest":"', digest, '","version":"', version, '","commit":"', commit_hash,
    '","committedAt":"', ${instant('committed_at')}, '","repository":"', repository,
    '","verdict":{"status":"', verdict_status, '","counts":', verdict_counts, ',"policy":"', verdict_policy,
    '","finishedAt":"', ${instant('verdict_finished_at')}, '"},"sbomDigest":', ${orNull('sbom_digest')})`,
  'recorded_at',
  'recorded_by',
);
