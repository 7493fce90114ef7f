/** The deploy bundle: what a host needs beside the image, as one artifact whose digest the verdict names. */
import { globSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../model.ts';
import { digestOf } from '../oci/layout.ts';
import { type Descriptor, mediaTypes } from '../oci/model.ts';
import type { Registry } from '../oci/registry.ts';
import { archive } from '../oci/tar.ts';

export const bundleType = 'application/vnd.sluice.deploy-bundle.v1';
/** One layer: a tar archive, not compressed, of files whose paths are those of the repository. */
const layerType = 'application/vnd.sluice.deploy-bundle.v1.tar';

export interface Bundle {
  digest: string;
  files: string[];
  manifest: Buffer;
  /** Its blobs, by descriptor. */
  blobs: { descriptor: Descriptor; bytes: Buffer }[];
}

/**
 * Packs the files below `source` that the patterns name. The same files give the same digest. Undefined without a pattern.
 * @throws UsageError where a pattern names nothing, or something that is no plain file
 */
export function packBundle(
  source: string,
  patterns: string[],
  annotations: Record<string, string>,
): Bundle | undefined {
  if (patterns.length === 0) return undefined;
  const files = new Map<string, { bytes: Buffer; mode: number }>();
  for (const pattern of patterns) {
    const found = globSync(pattern, { cwd: source }).filter((path) => !lstatSync(join(source, path)).isDirectory());
    if (found.length === 0) throw new UsageError(`project.bundle in sluice.yaml: no file is called ${pattern}`);
    for (const path of found) {
      const status = lstatSync(join(source, path));
      if (!status.isFile()) throw new UsageError(`project.bundle in sluice.yaml: ${path} is no plain file`);
      files.set(path, { bytes: readFileSync(join(source, path)), mode: status.mode & 0o111 ? 0o755 : 0o644 });
    }
  }
  const names = [...files.keys()].sort();
  const layer = archive(names.map((name) => ({ name, ...files.get(name)! })));
  const empty = Buffer.from('{}');
  const config = { mediaType: mediaTypes.empty, digest: digestOf(empty), size: empty.length };
  const descriptor = { mediaType: layerType, digest: digestOf(layer), size: layer.length };
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType: bundleType },
      ...{ config, layers: [descriptor], annotations },
    }),
  );
  return {
    digest: digestOf(manifest),
    files: names,
    manifest,
    blobs: [
      { descriptor: config, bytes: empty },
      { descriptor, bytes: layer },
    ],
  };
}

/** Pushes it by digest, and by a tag that keeps a registry from cleaning it away. */
export async function pushBundle(registry: Registry, bundle: Bundle, tag: string): Promise<void> {
  if ((await registry.resolve(tag)) === bundle.digest) return;
  for (const { descriptor, bytes } of bundle.blobs) await registry.putBlob(descriptor, () => new Uint8Array(bytes));
  await registry.putManifest(bundle.manifest, mediaTypes.manifest);
  await registry.putManifest(bundle.manifest, mediaTypes.manifest, tag);
}
