/** Fills the table of releases with rows made in SQL, each with its text, as the ledger would have recorded it. */
import { FROM_COLUMNS } from '../src/releases/release-text.ts';

/** The statement that inserts what `rows` selects: every column of a release but its id and its text, named and in this order. */
export const insertReleases = (rows: string): string =>
  `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository, verdict_status,
     verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_at, recorded_by, document)
   SELECT *, ${FROM_COLUMNS} FROM (${rows}) AS release`;
