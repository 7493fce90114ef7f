/** Which state of the service is "the release before": the one that this one's migrations have to leave working. */
import { execFileSync } from 'node:child_process';

/** A commit, and why it is that one; or why none can be named here. */
export type Baseline = { readonly commit: string; readonly why: string } | { readonly missing: string };

const MIGRATIONS = 'service/src/database/migrations';

/** The last released version before HEAD; as long as nothing is released, the state before the newest migration came. */
export function findBaseline(repository: string): Baseline {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  try {
    if (git('rev-parse', '--is-shallow-repository') === 'true') {
      return { missing: 'the clone is shallow: check out with the whole history (fetch-depth: 0)' };
    }
  } catch {
    return { missing: 'there is no history here: this is no clone, or git is not installed' };
  }
  // HEAD^: a release is compared with the one before it, not with itself.
  const [tag] = git('tag', '--merged', 'HEAD^', '--list', 'v[0-9]*', '--sort=-version:refname').split('\n');
  if (tag) return { commit: git('rev-parse', `${tag}^{commit}`), why: `release ${tag}` };
  const newest = git('log', '-1', '--diff-filter=A', '--format=%H', '--', MIGRATIONS);
  return {
    commit: git('rev-parse', `${newest}^`),
    why: `nothing is released yet: before ${newest.slice(0, 7)}, which added the newest migration`,
  };
}
