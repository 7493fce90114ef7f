/** The SQL of releases. */
import type { Statement } from '../database/database.js';

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const orNull = (column: string): string => `coalesce('"' || ${column} || '"', 'null')`;

/**
 * A release as it is answered, as JSON text. PostgreSQL writes it because a page has many: as columns they would be fourteen strings and
 * three objects each, made to be thrown away. Put together by hand, which takes PostgreSQL less time than `json_build_object`: nothing in
 * these columns needs escaping, because the patterns of release.schema.ts, and of token names, let no such character in (a test holds it).
 */
const RELEASE = `concat('{"service":"', service, '","digest":"', digest, '","version":"', version, '","commit":"', commit_hash,
  '","committedAt":"', ${instant('committed_at')}, '","repository":"', repository,
  '","verdict":{"status":"', verdict_status, '","counts":', verdict_counts, ',"policy":"', verdict_policy,
  '","finishedAt":"', ${instant('verdict_finished_at')}, '"},"sbomDigest":', ${orNull('sbom_digest')},
  ',"recordedAt":"', ${instant('recorded_at')}, '","recordedBy":"', recorded_by, '"}')`;

/** A row of {@link recordRelease} and {@link oneRelease}. */
export interface ReleaseRow {
  release: string;
}

/** Records a release; returns nothing if the digest is recorded already, by whomever. */
export const recordRelease: Statement = {
  name: 'record_release',
  text: `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository,
           verdict_status, verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (service, digest) DO NOTHING
         RETURNING ${RELEASE} AS release`,
};

export const oneRelease: Statement = {
  name: 'one_release',
  text: `SELECT ${RELEASE} AS release FROM releases WHERE service = $1 AND digest = $2`,
};

/** A row of a listing: its key, and the release as JSON text. */
export interface ListedRow extends ReleaseRow {
  id: string;
}

/** The listings by filter: a statement each, because each has an index of its own. $2 is the cursor's key, $3 the limit. */
const listing = (name: string, filter: string): Statement => ({
  name,
  text: `SELECT id, ${RELEASE} AS release FROM releases
         WHERE service = $1 AND id < $2 ${filter} ORDER BY id DESC LIMIT $3`,
});

export const listReleases = listing('list_releases', '');
export const listReleasesByVerdict = listing('list_releases_by_verdict', 'AND verdict_status = $4');
export const listReleasesByCommit = listing('list_releases_by_commit', 'AND commit_hash = $4');
export const listReleasesByCommitAndVerdict = listing(
  'list_releases_by_commit_and_verdict',
  'AND commit_hash = $4 AND verdict_status = $5',
);
