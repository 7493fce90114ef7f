/** Which commit a source tree stands at, when that was made, and whether the files are the commit's. Needs no git, only its files. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, matchesGlob, relative } from 'node:path';
import { GitObjects } from './objects.ts';

export interface Checkout {
  /** 40 or 64 hex digits. */
  commit: string;
  /** RFC 3339, UTC. Undefined where the commit itself is not at hand, and then nothing can be compared either. */
  committedAt?: string;
  /** Paths that differ from the commit: changed, missing, or not in it. Undefined where that can't be told. */
  changed?: string[];
}

/**
 * Looks at the tree below `source`. Undefined where it is no git checkout, or has no commit yet.
 *
 * `leftOut` are glob patterns of what whoever brought the tree left out of it: a tracked file that matches one, or lies in a folder that
 * does, is not missed. Every other file has to be the commit's, byte for byte; one that git ignores is no exception, for it is there
 * and a build may use it.
 * @throws where an object of git is damaged
 */
export function readCheckout(source: string, leftOut: string[] = []): Checkout | undefined {
  const git = join(source, '.git');
  const commit = headCommit(git);
  if (!commit) return undefined;
  const objects = new GitObjects(join(git, 'objects'));
  const text = objects.read(commit)?.data.toString();
  const tree = /^tree ([0-9a-f]+)$/m.exec(text ?? '')?.[1];
  const seconds = /^committer .* (\d+) [+-]\d{4}$/m.exec(text ?? '')?.[1];
  if (!tree || !seconds) return { commit };
  const committedAt = new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
  const tracked = trackedFiles(objects, tree);
  if (!tracked) return { commit, committedAt };
  return { commit, committedAt, changed: differences(source, tracked, leftOut, commit.length) };
}

/**
 * The files that HEAD's commit has, by path, each with a way to read it, which gives undefined where its content is not at hand. Links
 * and submodules have no content of their own. Undefined where the source is no git checkout, or the commit is not at hand.
 * @throws where an object of git is damaged
 */
export function committedFiles(source: string): Map<string, () => Buffer | undefined> | undefined {
  const git = join(source, '.git');
  const commit = headCommit(git);
  const objects = new GitObjects(join(git, 'objects'));
  const tree = commit && /^tree ([0-9a-f]+)$/m.exec(objects.read(commit)?.data.toString() ?? '')?.[1];
  const tracked = tree ? trackedFiles(objects, tree) : undefined;
  const files = [...(tracked ?? [])].filter(([, { mode }]) => mode.startsWith('100'));
  return tracked && new Map(files.map(([path, { id }]) => [path, () => objects.read(id)?.data]));
}

/** The commit that HEAD leads to. */
function headCommit(git: string): string | undefined {
  const text = (file: string): string | undefined => {
    const path = join(git, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const head = text('HEAD')?.trim();
  const branch = head && /^ref: (\S+)$/.exec(head)?.[1];
  if (!branch) return hash(head);
  // git keeps refs that rarely move in one file, a line each: "COMMIT REF".
  const packed = text('packed-refs')
    ?.split('\n')
    .find((line) => line.endsWith(` ${branch}`));
  return hash(text(branch)) ?? hash(packed?.split(' ')[0]);
}

function hash(text: string | undefined): string | undefined {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.exec(text?.trim() ?? '')?.[0];
}

interface TrackedFile {
  mode: string;
  id: string;
}

const folderMode = '40000';
const linkMode = '120000';
const programMode = '100755';

/** Every file of a commit's tree by its path; undefined where a tree is not at hand. */
function trackedFiles(objects: GitObjects, root: string): Map<string, TrackedFile> | undefined {
  const files = new Map<string, TrackedFile>();
  const pending = [{ id: root, folder: '' }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const tree = objects.read(next.id)?.data;
    if (!tree) return undefined;
    for (let at = 0; at < tree.length;) {
      const space = tree.indexOf(32, at);
      const end = tree.indexOf(0, space);
      const path = `${next.folder}${tree.toString('utf8', space + 1, end)}`;
      const mode = tree.toString('latin1', at, space);
      at = end + 1 + root.length / 2;
      const id = tree.toString('hex', end + 1, at);
      if (mode === folderMode) pending.push({ id, folder: `${path}/` });
      else files.set(path, { mode, id });
    }
  }
  return files;
}

function differences(
  source: string,
  tracked: Map<string, TrackedFile>,
  leftOut: string[],
  hashDigits: number,
): string[] {
  const present = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('.git/'));
  const changed = present.filter((path) => {
    const file = tracked.get(path);
    return !file || !isSame(join(source, path), file, hashDigits === 40 ? 'sha1' : 'sha256');
  });
  const there = new Set(present);
  // A submodule is a commit of another repository, which nobody has compared: it always counts as changed.
  const missing = [...tracked.keys()].filter((path) => !there.has(path) && !isLeftOut(path, leftOut));
  return [...changed, ...missing].sort();
}

function isSame(path: string, { mode, id }: TrackedFile, algorithm: string): boolean {
  const status = lstatSync(path);
  if (status.isSymbolicLink() !== (mode === linkMode)) return false;
  if (!status.isSymbolicLink() && Boolean(status.mode & 0o100) !== (mode === programMode)) return false;
  const content = status.isSymbolicLink() ? readlinkSync(path, { encoding: 'buffer' }) : readFileSync(path);
  return createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest('hex') === id;
}

/** By a pattern that fits the path or a folder above it; a later pattern that begins with "!" brings it back. */
function isLeftOut(path: string, patterns: string[]): boolean {
  const parts = path.split('/');
  const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return patterns.reduce(
    (out, pattern) =>
      above.some((each) => matchesGlob(each, pattern.replace(/^!/, ''))) ? !pattern.startsWith('!') : out,
    false,
  );
}
