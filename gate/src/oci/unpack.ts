/** Lays out an image archive as a folder in which a scanner finds the image of every platform by its digest. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformImage } from '../model.ts';
import { LayoutArchive, type LayoutImage } from './layout.ts';

export interface UnpackedImage {
  /** Of the whole: an index, or the one image. */
  digest: string;
  images: PlatformImage[];
  /** Empty but for the layout. */
  parent: string;
  /** The layout's folder in it. */
  folder: string;
  remove(): void;
}

/** Unpacks into a folder for temporary files. @throws Error that says in one line why the file holds no OCI image */
export function unpackImage(file: string): UnpackedImage {
  const { digest, images } = contents(file);
  const manifests = images.map(({ descriptor }) => descriptor);
  const parent = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  const remove = () => rmSync(parent, { recursive: true, force: true });
  const folder = join(parent, 'image');
  try {
    mkdirSync(folder);
    const { status, stderr, error } = spawnSync('tar', ['-xf', file, '-C', folder], { encoding: 'utf8' });
    if (error) throw error;
    if (status !== 0) throw new Error(`tar: ${stderr.trim().split('\n')[0]}`);
    // Scanners look for an image in the layout's own index, not in one that it names.
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  } catch (error) {
    remove();
    throw error;
  }
  return { digest, images: images.map(platformImage), parent, folder: 'image', remove };
}

/** What an image archive holds, without unpacking it. @throws Error that says in one line why the file holds no OCI image */
export function imagesIn(file: string): Pick<UnpackedImage, 'digest' | 'images'> {
  const { digest, images } = contents(file);
  return { digest, images: images.map(platformImage) };
}

function contents(file: string): { digest: string; images: LayoutImage[] } {
  const archive = new LayoutArchive(file);
  try {
    const top = archive.top();
    return { digest: top.digest, images: archive.images(top) };
  } finally {
    archive.close();
  }
}

function platformImage({ descriptor, manifest, config }: LayoutImage): PlatformImage {
  const { variant } = config;
  return {
    // v8 is what every arm64 is.
    platform: [config.os, config.architecture, ...(variant && variant !== 'v8' ? [variant] : [])].join('/'),
    digest: descriptor.digest,
    id: manifest.config!.digest,
  };
}
