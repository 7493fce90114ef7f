/** Which commit a release is of. */
import { readCheckout } from '../git/checkout.ts';
import { UsageError } from '../model.ts';

export interface Commit {
  id: string;
  committedAt: string;
  /** The commit, with `-dirty` behind it where files differ from it. */
  revision: string;
}

/** @throws UsageError where the files are no commit, and that was not allowed or can't be told */
export function publishableCommit(source: string, leftOut: string[], allowDirty: boolean): Commit {
  const found = readCheckout(source, leftOut);
  if (!found) throw new UsageError('the source is no commit of a git repository, and only commits are published');
  const { commit, committedAt, changed } = found;
  if (!committedAt || !changed) {
    throw new UsageError(
      `the commit ${commit} is not in the repository's objects, so nobody can say whether these files are it: fetch it`,
    );
  }
  if (changed.length > 0 && !allowDirty) {
    const more = changed.length > 5 ? ` and ${changed.length - 5} more` : '';
    throw new UsageError(
      `these files are not as the commit ${commit.slice(0, 12)} has them: ${changed.slice(0, 5).join(', ')}${more}; ` +
        'commit or remove them, or publish them with --allow-dirty, which never becomes latest',
    );
  }
  return { id: commit, committedAt, revision: changed.length > 0 ? `${commit}-dirty` : commit };
}
