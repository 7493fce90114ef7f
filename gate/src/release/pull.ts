/** Brings a published image back as one archive, the same that was pushed: what is judged again is what people run. */
import { LayoutWriter } from '../oci/layout.ts';
import { type Descriptor, type Manifest, mediaTypes } from '../oci/model.ts';
import type { Registry } from '../oci/registry.ts';
import { ReleaseFailure } from './failure.ts';

/** @throws ReleaseFailure or RegistryError where a part is missing or not what its digest says */
export async function pullImage(registry: Registry, digest: string, file: string): Promise<void> {
  const writer = new LayoutWriter(file);
  const top = await pull(registry, writer, digest);
  writer.finish({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [top] });
}

async function pull(registry: Registry, writer: LayoutWriter, digest: string): Promise<Descriptor> {
  const stored = await registry.manifest(digest);
  if (!stored) throw new ReleaseFailure(`the registry has no manifest ${digest}`);
  const { bytes, mediaType } = stored;
  const { manifests, layers, config }: Manifest = stored.manifest;
  for (const child of manifests ?? []) await pull(registry, writer, child.digest);
  for (const blob of [...(layers ?? []), ...(config ? [config] : [])]) {
    await writer.blob(blob, () => registry.stream(blob));
  }
  const descriptor = { mediaType, digest, size: bytes.length };
  await writer.blob(descriptor, () => [bytes]);
  return descriptor;
}
