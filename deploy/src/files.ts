/** Trees of files: their checksum, and one made equal to another while containers have it mounted. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** All files below a directory, by their relative paths, sorted. Throws where there is anything but files and directories. */
export function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => {
      if (entry.isFile() || entry.isDirectory()) return entry.isFile();
      throw new Error(`${join(entry.parentPath, entry.name)} is neither a file nor a directory`);
    })
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** SHA-256 over paths and contents. */
export function treeHash(directory: string): string {
  const hash = createHash('sha256');
  for (const path of filesBelow(directory)) {
    hash.update(
      `${path}\0${createHash('sha256')
        .update(readFileSync(join(directory, path)))
        .digest('hex')}\0`,
    );
  }
  return hash.digest('hex');
}

/**
 * Makes `to` hold what `from` holds. Directories stay what they are and files are replaced by renaming, because a mount shows an inode:
 * a container sees new files in a directory that it has mounted, but never a new directory. Returns what changed.
 */
export function mirror(from: string, to: string, keep: (path: string) => boolean = () => false): string[] {
  const wanted = filesBelow(from);
  const changed: string[] = [];
  for (const path of wanted) {
    const source = join(from, path);
    const target = join(to, path);
    if (existsSync(target) && readFileSync(source).equals(readFileSync(target))) continue;
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target) && lstatSync(target).isDirectory()) rmSync(target, { recursive: true });
    copyFileSync(source, `${target}.part`);
    // Configuration is read by containers of many users, and holds no secret.
    chmodSync(`${target}.part`, /\.sh$/.test(path) ? 0o755 : 0o644);
    renameSync(`${target}.part`, target);
    changed.push(path);
  }
  for (const path of filesBelow(to)) {
    if (wanted.includes(path) || keep(path)) continue;
    rmSync(join(to, path));
    changed.push(path);
  }
  return changed;
}
