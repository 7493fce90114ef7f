/** What is judged: the name and the revision of a source. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The name that the policy gives, else package.json's, else the folder's. */
export async function subjectName(source: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  try {
    const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { name?: unknown };
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // No package.json that could be read: the stages say what they make of that.
  }
  return basename(resolve(source));
}

/** The commit that is checked out, with `-dirty` behind it where the tree differs from it; `unknown` outside git. */
export async function revisionOf(source: string): Promise<string> {
  try {
    const { stdout: commit } = await git(source, 'rev-parse', 'HEAD');
    const { stdout: changes } = await git(source, 'status', '--porcelain', '--', '.');
    return `${commit.trim()}${changes.trim() === '' ? '' : '-dirty'}`;
  } catch {
    return 'unknown';
  }
}

function git(source: string, ...args: string[]): Promise<{ stdout: string }> {
  // Optional locks would get in the way of whoever works in that tree at the same time.
  return run('git', ['--no-optional-locks', '-C', source, ...args], { maxBuffer: 64 * 1024 * 1024 });
}
