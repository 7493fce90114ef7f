/**
 * Lays a source tree out for a scanner: a copy, one folder down, beside files that were planted so that the scanner must find them.
 * One folder down because Trivy never enters `dev`, `proc` or `sys` at the top; a copy because nothing may be planted in the user's own.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { committedFiles } from '../git/checkout.ts';

/** Where the copy lies in the layout, and where what was planted. */
export const sourceFolder = 'source';
export const plantedFolder = 'planted';

export interface Layout {
  /** Absolute path of the layout; whoever asked for it removes it. */
  folder: string;
  /** What was copied, relative to the root of the source, sorted. */
  files: string[];
  /** What the commit has, and neither the source nor git's objects show. */
  missing: string[];
}

export interface LayoutOptions {
  /** Which files are wanted. Default: all. */
  wanted?: (path: string) => boolean;
  /** What a scanner is shown of a file. Default: its bytes. */
  shown?: (bytes: Buffer) => Buffer | string;
  /** Planted files: path → text. */
  planted: Record<string, string>;
  /** Whether the commit that is checked out has a say. Default: only the files that are there count. */
  withCommit?: boolean;
}

/** What is made on the machine and lies in no commit, unless the commit says so. */
const local = /(^|\/)(node_modules|dist)\/|^(coverage|reports|\.data)\/|\.tsbuildinfo$|(^|\/)\.env$/;

/**
 * Lays the tree at `root` out in a folder of its own below the system's temporary one: the files that are there, and on demand those
 * that the commit has besides, because whoever brought the source left them out. Links are not followed.
 * @throws where an object of git is damaged
 */
export function layOut(root: string, options: LayoutOptions): Layout {
  const { wanted = () => true, shown = (bytes) => bytes, planted, withCommit = false } = options;
  const committed = withCommit ? committedFiles(root) : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-layout-'));
  mkdirSync(join(folder, sourceFolder));
  // Without a commit to ask an `.env` may well be part of one.
  const ours = (path: string) => !local.test(path) || (committed ? committed.has(path) : path.endsWith('.env'));
  const present = walk(root, '', committed).filter((path) => ours(path) && wanted(path));
  for (const path of present) place(join(folder, sourceFolder, path), shown(readFileSync(join(root, path))));

  const there = new Set(present);
  const missing: string[] = [];
  const brought: string[] = [];
  for (const [path, read] of committed ?? []) {
    if (there.has(path) || !wanted(path)) continue;
    const bytes = read();
    (bytes ? brought : missing).push(path);
    if (bytes) place(join(folder, sourceFolder, path), shown(bytes));
  }
  for (const [path, text] of Object.entries(planted)) place(join(folder, plantedFolder, path), text);
  return { folder, files: [...present, ...brought].sort(), missing: missing.sort() };
}

/** All files below a folder; folders that hold nothing but what was made here are not entered. */
function walk(root: string, folder: string, committed: ReadonlyMap<string, unknown> | undefined): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    const below = `${path}/`;
    const entered = !local.test(below) || [...(committed?.keys() ?? [])].some((each) => each.startsWith(below));
    return path === '.git' || !entered ? [] : walk(root, below, committed);
  });
}

function place(path: string, content: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
