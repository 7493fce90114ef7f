/** Which commit a source tree stands at, from the few files of `.git` that say so. Imports nothing from Dagger. */

/** Reads a file below `.git`; undefined where there is none. */
export type ReadGitFile = (path: string) => Promise<string | undefined>;

/** The commit that HEAD leads to, 40 or 64 hex digits; undefined where the source is no git checkout or has no commit yet. */
export async function headCommit(read: ReadGitFile): Promise<string | undefined> {
  const head = (await read('HEAD'))?.trim();
  const branch = head && /^ref: (\S+)$/.exec(head)?.[1];
  if (!branch) return commit(head);
  return commit(await read(branch)) ?? packed(await read('packed-refs'), branch);
}

function commit(text: string | undefined): string | undefined {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.exec(text?.trim() ?? '')?.[0];
}

/** git keeps refs that rarely move in one file, a line each: "COMMIT REF". */
function packed(text: string | undefined, ref: string): string | undefined {
  const line = text?.split('\n').find((each) => each.endsWith(` ${ref}`));
  return commit(line?.split(' ')[0]);
}
