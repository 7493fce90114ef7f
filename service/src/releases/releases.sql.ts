/** The SQL of releases. */
import type { Statement } from '../database/database.js';
import { FROM_COLUMNS, recordedInSql } from './release-text.js';

/** The text that was kept when it was recorded; releases of before the column have none. A page of columns would be three hundred values to read, and to write out again. */
const RELEASE = `coalesce(document, ${FROM_COLUMNS})`;

/** What {@link recordRelease} returns; release-text.ts makes the answer of it. */
export interface RecordedRow {
  recorded_at: string;
}

/**
 * Records a release; returns nothing if the digest is recorded already, by whomever. $13 is its JSON text up to the moment of recording,
 * which PostgreSQL's clock sets, because those of the instances may differ.
 */
export const recordRelease: Statement = {
  name: 'record_release',
  text: `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository,
           verdict_status, verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_by, recorded_at, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(),
           ${recordedInSql('$13::text', 'now()::timestamptz(3)', '$12::text')})
         ON CONFLICT (service, digest) DO NOTHING
         RETURNING recorded_at`,
};

/** A row of {@link oneRelease}. */
export interface ReleaseRow {
  release: string;
}

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
