/** An OCI image layout inside a tar archive: reads it without unpacking, and writes one. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Descriptor, ImageConfig, Manifest } from './model.ts';
import { blockSize, header, padded, readHeader } from './tar.ts';

/** One image of a layout. */
export interface LayoutImage {
  descriptor: Descriptor;
  manifest: Manifest;
  config: ImageConfig;
}

interface Place {
  start: number;
  size: number;
}

export class LayoutArchive {
  readonly file: string;
  private readonly descriptor: number;
  private readonly places = new Map<string, Place>();

  /** @throws Error where the file can't be read or is no tar archive */
  constructor(file: string) {
    this.file = file;
    this.descriptor = openSync(file, 'r');
    const total = fstatSync(this.descriptor).size;
    for (let at = 0; at + blockSize <= total;) {
      const entry = readHeader(this.bytes({ start: at, size: blockSize }));
      if (!entry) break;
      const start = at + blockSize;
      if (start + entry.size > total) throw new Error(`the archive ends inside ${entry.name}`);
      this.places.set(entry.name.replace(/^\.\//, ''), { start, size: entry.size });
      at = start + padded(entry.size);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** What the layout holds: the one manifest that its index.json names. @throws Error where it names none or several */
  top(): Descriptor {
    const index = JSON.parse(this.bytes(this.place('index.json')).toString()) as Manifest;
    const [top, ...others] = index.manifests ?? [];
    if (!top || others.length > 0) {
      throw new Error(`index.json names ${index.manifests?.length ?? 0} images instead of one`);
    }
    return top;
  }

  /** Every image below the top, attestations that builders add left out. @throws Error where a blob is missing or not what its digest says */
  images(from: Descriptor = this.top()): LayoutImage[] {
    const manifest = this.json<Manifest>(from);
    if (manifest.manifests) {
      return manifest.manifests
        .filter(({ platform }) => platform?.os !== 'unknown')
        .flatMap((child) => this.images(child));
    }
    if (!manifest.config) throw new Error(`the manifest ${from.digest} has no configuration`);
    return [{ descriptor: from, manifest, config: this.json<ImageConfig>(manifest.config) }];
  }

  /** A blob's JSON, after its bytes were found to have the digest that names them. */
  json<T>(of: Descriptor): T {
    return JSON.parse(this.blob(of).toString()) as T;
  }

  /** A small blob, checked. */
  blob({ digest }: Descriptor): Buffer {
    const bytes = this.bytes(this.place(blobName(digest)));
    const actual = digestOf(bytes);
    if (actual !== digest) throw new Error(`the blob ${digest} has the digest ${actual}`);
    return bytes;
  }

  /** A blob of any size, not checked: who reads it to the end can. */
  stream({ digest }: Descriptor): Readable {
    const { start, size } = this.place(blobName(digest));
    // A stream of no bytes can't be asked for by its last byte.
    return createReadStream(this.file, { start, end: start + size - 1 });
  }

  /** How many bytes of it are in the archive, whatever the descriptor says. */
  size({ digest }: Descriptor): number {
    return this.place(blobName(digest)).size;
  }

  private place(name: string): Place {
    const place = this.places.get(name);
    if (!place) throw new Error(`no ${name} in it`);
    return place;
  }

  private bytes({ start, size }: Place): Buffer {
    const buffer = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const read = readSync(this.descriptor, buffer, filled, size - filled, start + filled);
      if (read === 0) throw new Error('the archive ends too early');
      filled += read;
    }
    return buffer;
  }
}

/** Writes a layout: blobs in the order in which they come, each once, then index.json. The same content gives the same bytes. */
export class LayoutWriter {
  private readonly descriptor: number;
  private readonly written = new Set<string>();

  constructor(file: string) {
    this.descriptor = openSync(file, 'w');
    this.entry('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  }

  /** `open` is asked for the bytes once, unless the blob is there already. @throws Error where they are not what the descriptor says */
  async blob(
    { digest, size }: Descriptor,
    open: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    if (this.written.has(digest)) return;
    this.written.add(digest);
    writeSync(this.descriptor, header({ name: blobName(digest), size }));
    const hash = createHash('sha256');
    let count = 0;
    for await (const chunk of open()) {
      hash.update(chunk);
      count += chunk.length;
      writeSync(this.descriptor, chunk);
    }
    const actual = `sha256:${hash.digest('hex')}`;
    if (count !== size || actual !== digest) throw new Error(`the blob ${digest} has the digest ${actual}`);
    writeSync(this.descriptor, Buffer.alloc(padded(size) - size));
  }

  /** A JSON document as a blob. */
  async json(mediaType: string, value: unknown): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(value));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await this.blob(descriptor, () => [bytes]);
    return descriptor;
  }

  finish(index: Manifest): void {
    this.entry('index.json', Buffer.from(JSON.stringify(index)));
    writeSync(this.descriptor, Buffer.alloc(2 * blockSize));
    closeSync(this.descriptor);
  }

  private entry(name: string, bytes: Buffer): void {
    writeSync(this.descriptor, header({ name, size: bytes.length }));
    writeSync(this.descriptor, bytes);
    writeSync(this.descriptor, Buffer.alloc(padded(bytes.length) - bytes.length));
  }
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
