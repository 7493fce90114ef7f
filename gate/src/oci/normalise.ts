/** Makes an image the same whenever and wherever it is built: every time of this build becomes the commit's, and labels say which commit that is. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, createZstdDecompress } from 'node:zlib';
import { LayoutArchive, type LayoutImage, LayoutWriter } from './layout.ts';
import { type Descriptor, type ImageConfig, type Manifest, mediaTypes } from './model.ts';
import { retime, watchTimes } from './tar.ts';

const gzipLayer = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface Normalisation {
  /** The commit's date, RFC 3339. Default: 1970-01-01T00:00:00Z. */
  created?: string;
  /** Labels of every image, and annotations of the index. */
  labels: Record<string, string>;
}

/**
 * Reads the layout `from` and writes the layout `to`, whose one manifest is an index over its images, also where there is only one. A layer
 * in which anything is younger than the commit is of this build: all its times become the commit's. A layer without, as a base image
 * brings them, stays byte for byte. Returns the index's digest.
 * @throws Error where the archive holds no image, or one that is damaged
 */
export async function normalise(from: string, to: string, { created, labels }: Normalisation): Promise<string> {
  const archive = new LayoutArchive(from);
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-layers-'));
  try {
    const writer = new LayoutWriter(to);
    const seconds = Math.floor(Date.parse(created ?? '1970-01-01T00:00:00Z') / 1000);
    const layers = new Layers(archive, writer, scratch, seconds);
    const manifests: Descriptor[] = [];
    for (const image of archive.images()) {
      manifests.push(await normalised(image, layers, writer, instant(seconds), labels));
    }
    if (manifests.length === 0) throw new Error('the index names no image');
    const index: Manifest = { schemaVersion: 2, mediaType: mediaTypes.index, manifests, annotations: labels };
    const descriptor = await writer.json(mediaTypes.index, index);
    writer.finish({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [descriptor] });
    return descriptor.digest;
  } finally {
    archive.close();
    rmSync(scratch, { recursive: true });
  }
}

async function normalised(
  { manifest, config }: LayoutImage,
  layers: Layers,
  writer: LayoutWriter,
  created: string,
  labels: Record<string, string>,
): Promise<Descriptor> {
  const kept: Layer[] = [];
  for (const [index, layer] of (manifest.layers ?? []).entries()) {
    kept.push(await layers.take(layer, config.rootfs.diff_ids[index]!));
  }
  const changed: ImageConfig = {
    ...config,
    created,
    config: { ...config.config, Labels: { ...config.config?.Labels, ...labels } },
    rootfs: { type: 'layers', diff_ids: kept.map(({ diffId }) => diffId) },
    // The engine writes when it imported or exported a layer, not when that was made.
    ...(config.history && { history: config.history.map((step) => ({ ...step, created })) }),
  };
  const { os, architecture, variant } = config;
  const { digest, size, mediaType } = await writer.json(manifest.config!.mediaType, changed);
  const descriptor = await writer.json(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType, digest, size },
    layers: kept.map(({ descriptor }) => descriptor),
  });
  return { ...descriptor, platform: { os, architecture, ...(variant && { variant }) } };
}

interface Layer {
  descriptor: Descriptor;
  /** The digest of what the layer unpacks to. */
  diffId: string;
}

class Layers {
  private readonly archive: LayoutArchive;
  private readonly writer: LayoutWriter;
  private readonly scratch: string;
  private readonly seconds: number;
  private readonly done = new Map<string, Layer>();

  constructor(archive: LayoutArchive, writer: LayoutWriter, scratch: string, seconds: number) {
    this.archive = archive;
    this.writer = writer;
    this.scratch = scratch;
    this.seconds = seconds;
  }

  /** A layer as the new layout has it; platforms may share one. */
  async take(layer: Descriptor, diffId: string): Promise<Layer> {
    const known = this.done.get(layer.digest);
    if (known) return known;
    const taken = (await this.isOfThisBuild(layer)) ? await this.retimed(layer) : await this.kept(layer, diffId);
    this.done.set(layer.digest, taken);
    return taken;
  }

  private async isOfThisBuild(layer: Descriptor): Promise<boolean> {
    let latest = 0;
    const watch = watchTimes((seconds) => (latest = Math.max(latest, seconds)));
    await pipeline([this.archive.stream(layer), ...decompressed(layer), watch, sink()]);
    return latest > this.seconds;
  }

  private async kept({ mediaType, digest, size }: Descriptor, diffId: string): Promise<Layer> {
    const descriptor = { mediaType, digest, size };
    await this.writer.blob(descriptor, () => this.archive.stream(descriptor));
    return { descriptor, diffId };
  }

  private async retimed(layer: Descriptor): Promise<Layer> {
    const file = join(this.scratch, layer.digest.replace(':', '-'));
    const plain = createHash('sha256');
    const packed = createHash('sha256');
    let size = 0;
    await pipeline([
      this.archive.stream(layer),
      ...decompressed(layer),
      retime(this.seconds),
      watched((chunk) => plain.update(chunk)),
      createGzip({ level: 6 }),
      watched((chunk) => {
        packed.update(chunk);
        size += chunk.length;
      }),
      createWriteStream(file),
    ]);
    const descriptor = { mediaType: gzipLayer, digest: `sha256:${packed.digest('hex')}`, size };
    await this.writer.blob(descriptor, () => createReadStream(file));
    rmSync(file);
    return { descriptor, diffId: `sha256:${plain.digest('hex')}` };
  }
}

function decompressed({ mediaType, digest }: Descriptor): NodeJS.ReadWriteStream[] {
  if (/[+.]gzip$/.test(mediaType)) return [createGunzip()];
  if (/\+zstd$/.test(mediaType)) return [createZstdDecompress()];
  if (/\.tar$/.test(mediaType)) return [];
  throw new Error(`the layer ${digest} is of the type ${mediaType}, which is no tar archive that is known here`);
}

function watched(seen: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen(chunk);
      done(null, chunk);
    },
  });
}

function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
