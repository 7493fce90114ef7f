/** Brings a deploy bundle to the host: fetched by digest, unpacked into a directory of its own, its tree hashed. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { treeHash } from './files.ts';
import type { Host } from './host.ts';
import type { Registry } from './registry.ts';
import { composeFiles } from './settings.ts';

/** Always fetched and unpacked anew, so that what somebody edited on the host since cannot pass. Returns the hash of the tree. */
export async function unpackBundle(host: Host, registry: Registry, digest: string): Promise<string> {
  const directory = host.releaseDirectory(digest);
  const part = `${directory}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    const { layers } = await registry.manifest(digest);
    if (!layers?.length) throw new Error(`${digest} is no deploy bundle: its manifest has no layer`);
    for (const [index, layer] of layers.entries()) {
      const archive = join(part, `.layer-${index}`);
      writeFileSync(archive, await registry.blob(layer.digest));
      // tar itself tells compressed from plain, and refuses paths that lead outside.
      const options = ['--no-same-owner', '--no-same-permissions', '--delay-directory-restore'];
      await host.command(['tar', '--extract', '--file', archive, '--directory', part, ...options]);
      rmSync(archive);
    }
    for (const file of composeFiles(host.settings)) {
      if (!existsSync(join(part, 'compose', file))) throw new Error(`the deploy bundle has no compose/${file}`);
    }
    chmodSync(part, 0o755);
    const hash = treeHash(part);
    rmSync(directory, { recursive: true, force: true });
    renameSync(part, directory);
    return hash;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
}
