/** Installs a peer's packages into a folder of its own, once for each state of its sources: none of them is the service's. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder in the user's cache that holds a copy of `source` with `install` done in it.
 *
 * @throws whatever `install` throws; a failed installation leaves nothing behind.
 */
export async function installOnce(
  name: string,
  source: string,
  install: (folder: string) => void | Promise<void>,
): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'release-ledger-bench');
  const folder = join(cache, `${name}-${hashOf(source)}`);
  const done = join(folder, '.installed');
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  cpSync(source, folder, { recursive: true });
  try {
    await install(folder);
    mkdirSync(done);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) hash.update(path).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}
