/** The ledger of releases: records each image once, and finds it again. */
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Statement } from '../database/database.js';
import { fromCursor, toCursor } from '../http/cursor.js';
import { Problem } from '../http/problem.js';
import type { Release, ReleaseFacts, ReleaseFilter, ReleasePath } from './release.schema.js';
import { recorded, upToRecording } from './release-text.js';
import {
  listReleases,
  listReleasesByCommit,
  listReleasesByCommitAndVerdict,
  listReleasesByVerdict,
  oneRelease,
  recordRelease,
} from './releases.sql.js';
import type { ListedRow, RecordedRow, ReleaseRow } from './releases.sql.js';

/** Larger than any id, so that the first page needs no statement of its own. */
const BEFORE_ALL = '9223372036854775807';

@Injectable()
export class ReleasesService {
  constructor(private readonly database: Database) {}

  /**
   * Records a release, and returns it as JSON text. The same facts again change nothing.
   *
   * @param by name of the token that records it
   * @throws {Problem} 409 when the digest is recorded with other facts.
   */
  async record(
    { service, digest }: ReleasePath,
    facts: ReleaseFacts,
    by: string,
  ): Promise<{ release: string; created: boolean }> {
    const counts = JSON.stringify(facts.verdict.counts);
    const beginning = upToRecording(service, digest, facts, counts);
    const [created] = await this.database.query<RecordedRow>(recordRelease, [
      service,
      digest,
      facts.version,
      facts.commit,
      facts.committedAt,
      facts.repository,
      facts.verdict.status,
      counts,
      facts.verdict.policy,
      facts.verdict.finishedAt,
      facts.sbomDigest,
      by,
      beginning,
    ]);
    if (created) return { release: recorded(beginning, created.recorded_at, by), created: true };
    const release = await this.find({ service, digest });
    const differing = differences(JSON.parse(release) as Release, facts);
    if (differing.length > 0) {
      throw new Problem(409, `${digest} is recorded already, with another ${differing.join(', ')}.`, {
        kind: 'release-differs',
        extensions: { differing },
      });
    }
    return { release, created: false };
  }

  /**
   * A release as JSON text.
   *
   * @throws {Problem} 404 when there is none.
   */
  async find({ service, digest }: ReleasePath): Promise<string> {
    const [row] = await this.database.query<ReleaseRow>(oneRelease, [service, digest]);
    if (!row) throw new Problem(404, `${service} has no release ${digest}.`);
    return row.release;
  }

  /** One page of a service's releases as JSON text, newest first; `next` is the cursor of the page after it, if there is one. */
  async list(service: string, filter: ReleaseFilter): Promise<{ page: string; next: string | undefined }> {
    const before = filter.cursor === undefined ? BEFORE_ALL : fromCursor(filter.cursor);
    const [statement, filters] = listingFor(filter);
    // One more than asked for tells whether there is a next page.
    const rows = await this.database.query<ListedRow>(statement, [service, before, filter.limit + 1, ...filters]);
    const more = rows.length > filter.limit;
    if (more) rows.pop();
    const last = rows.at(-1);
    let items = '';
    for (const { release } of rows) items += items === '' ? release : `,${release}`;
    return { page: `{"items":[${items}]}`, next: more && last ? toCursor(last.id) : undefined };
  }
}

function listingFor({ verdict, commit }: ReleaseFilter): [Statement, string[]] {
  if (commit !== undefined && verdict !== undefined) return [listReleasesByCommitAndVerdict, [commit, verdict]];
  if (commit !== undefined) return [listReleasesByCommit, [commit]];
  if (verdict !== undefined) return [listReleasesByVerdict, [verdict]];
  return [listReleases, []];
}

/** Names of the facts in which a recorded release differs from what was sent. */
function differences(recorded: Release, facts: ReleaseFacts): string[] {
  return (Object.keys(facts) as (keyof ReleaseFacts)[]).filter(
    (name) => !isDeepStrictEqual(recorded[name], facts[name]),
  );
}
