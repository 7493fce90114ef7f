/** The SQL of releases. */
import type { Statement } from '../database/database.js';

/** A row as {@link RELEASE} selects it. */
export interface ReleaseRow {
  id: string;
  service: string;
  digest: string;
  version: string;
  commit_hash: string;
  committed_at: string;
  repository: string;
  verdict_status: 'passed' | 'failed' | 'broken';
  verdict_counts: Record<string, number>;
  verdict_policy: string;
  verdict_finished_at: string;
  sbom_digest: string | null;
  recorded_at: string;
  recorded_by: string;
}

const COLUMNS = `id, service, digest, version, commit_hash, committed_at, repository,
  verdict_status, verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_at, recorded_by`;

/** Records a release; returns nothing if the digest is recorded already, by whomever. */
export const recordRelease: Statement = {
  name: 'record_release',
  text: `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository,
           verdict_status, verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (service, digest) DO NOTHING
         RETURNING ${COLUMNS}`,
};

export const oneRelease: Statement = {
  name: 'one_release',
  text: `SELECT ${COLUMNS} FROM releases WHERE service = $1 AND digest = $2`,
};

/** A row of a listing: its key, and the release as it is answered. */
export interface ListedRow {
  id: string;
  release: string;
}

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * A release as JSON text, member by member what `toRelease` makes of a row. PostgreSQL writes it because a page has many: as columns they
 * would be fourteen strings and three objects each, made to be thrown away.
 */
const RELEASE = `json_build_object('service', service, 'digest', digest, 'version', version, 'commit', commit_hash,
  'committedAt', ${instant('committed_at')}, 'repository', repository,
  'verdict', json_build_object('status', verdict_status, 'counts', verdict_counts, 'policy', verdict_policy,
    'finishedAt', ${instant('verdict_finished_at')}),
  'sbomDigest', sbom_digest, 'recordedAt', ${instant('recorded_at')}, 'recordedBy', recorded_by)::text`;

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
