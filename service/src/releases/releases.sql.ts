/** The SQL of releases. */
import type { Statement } from '../database/database.js';

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * A release as it is answered, as JSON text. PostgreSQL writes it because a page has many: as columns they would be fourteen strings and
 * three objects each, made to be thrown away.
 */
const RELEASE = `json_build_object('service', service, 'digest', digest, 'version', version, 'commit', commit_hash,
  'committedAt', ${instant('committed_at')}, 'repository', repository,
  'verdict', json_build_object('status', verdict_status, 'counts', verdict_counts, 'policy', verdict_policy,
    'finishedAt', ${instant('verdict_finished_at')}),
  'sbomDigest', sbom_digest, 'recordedAt', ${instant('recorded_at')}, 'recordedBy', recorded_by)::text`;

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

/** The one row of a listing: the page as JSON text, and the key of its last release if more follow. */
export interface ListingRow {
  page: string;
  next: string | null;
}

/**
 * The listings by filter: a statement each, because each has an index of its own. $2 is the cursor's key, $3 one more than the limit, which
 * tells whether there is a next page.
 */
const listing = (name: string, filter: string): Statement => ({
  name,
  text: `SELECT concat('{"items":[', string_agg(release, ',' ORDER BY place) FILTER (WHERE place < $3), ']}') AS page,
           CASE WHEN count(*) = $3 THEN min(id) FILTER (WHERE place < $3) END AS next
         FROM (SELECT id, ${RELEASE} AS release, row_number() OVER (ORDER BY id DESC) AS place FROM releases
               WHERE service = $1 AND id < $2 ${filter} ORDER BY id DESC LIMIT $3) AS listed`,
});

export const listReleases = listing('list_releases', '');
export const listReleasesByVerdict = listing('list_releases_by_verdict', 'AND verdict_status = $4');
export const listReleasesByCommit = listing('list_releases_by_commit', 'AND commit_hash = $4');
export const listReleasesByCommitAndVerdict = listing(
  'list_releases_by_commit_and_verdict',
  'AND commit_hash = $4 AND verdict_status = $5',
);
