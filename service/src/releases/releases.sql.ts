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

/** The listings by filter: a statement each, because each has an index of its own. $2 is the cursor's key, $3 the limit. */
const listing = (name: string, filter: string): Statement => ({
  name,
  text: `SELECT ${COLUMNS} FROM releases WHERE service = $1 AND id < $2 ${filter} ORDER BY id DESC LIMIT $3`,
});

export const listReleases = listing('list_releases', '');
export const listReleasesByVerdict = listing('list_releases_by_verdict', 'AND verdict_status = $4');
export const listReleasesByCommit = listing('list_releases_by_commit', 'AND commit_hash = $4');
export const listReleasesByCommitAndVerdict = listing(
  'list_releases_by_commit_and_verdict',
  'AND commit_hash = $4 AND verdict_status = $5',
);
