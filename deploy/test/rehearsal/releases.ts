/** Makes releases for the rehearsal: images of the real service, good or bad on purpose, and their deploy bundles, in a real registry. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Release } from '../../src/release.ts';
import { must } from './host.ts';
import { registry } from './lab.ts';

const repositoryRoot = join(import.meta.dirname, '../../..');
export const repository = () => `${registry().host}/rehearsal/release-ledger`;

/** An image of the service with a commit of its own; `fault` as in faults.mjs. */
export function makeImage(name: string, fault?: string): { image: string; commit: string } {
  const commit = createHash('sha1').update(name).digest('hex');
  const context = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  try {
    cpSync(join(import.meta.dirname, 'faults.mjs'), join(context, 'faults.mjs'));
    const lines = [
      `FROM ${process.env['SLUICE_IMAGE']}`,
      `ENV COMMIT=${commit} VERSION=1.0.0-${name}`,
      ...(fault ? ['COPY faults.mjs /app/faults.mjs', `ENV FAULT=${fault} NODE_OPTIONS=--import=/app/faults.mjs`] : []),
    ];
    writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
    const tag = `${repository()}:${name}`;
    must('docker', 'build', '--quiet', '--tag', tag, context);
    must('docker', 'push', '--quiet', tag);
    const digests = JSON.parse(
      must('docker', 'image', 'inspect', '--format', '{{json .RepoDigests}}', tag),
    ) as string[];
    return { image: digests.find((each) => each.startsWith(`${repository()}@`))!, commit };
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Packs compose/ and observability/ as the repository has them, edited, and pushes them as an OCI artifact. Returns its digest. */
export async function makeBundle(edit: (directory: string) => void = () => {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  try {
    const tree = join(directory, 'tree');
    mkdirSync(tree);
    const files = must('git', '-C', repositoryRoot, 'ls-files', 'compose', 'observability')
      .split('\n')
      .filter((f) => f && !/test\/|\.ts$/.test(f));
    for (const file of files) cpSync(join(repositoryRoot, file), join(tree, file));
    edit(tree);
    const archive = join(directory, 'bundle.tar.gz');
    must(
      'tar',
      '--create',
      '--gzip',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--file',
      archive,
      '--directory',
      tree,
      '.',
    );
    return await pushArtifact(readFileSync(archive));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function pushArtifact(layer: Buffer): Promise<string> {
  const blobs = { config: Buffer.from('{}'), layer };
  const described = async (blob: Buffer, mediaType: string) => ({
    mediaType,
    digest: await pushBlob(blob),
    size: blob.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await described(blobs.config, 'application/vnd.oci.empty.v1+json'),
      layers: [await described(blobs.layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    }),
  );
  const digest = sha256(manifest);
  const response = await fetch(`${api()}/manifests/${digest}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: new Uint8Array(manifest),
  });
  if (!response.ok)
    throw new Error(`the registry did not take the bundle: ${response.status} ${await response.text()}`);
  return digest;
}

async function pushBlob(blob: Buffer): Promise<string> {
  const digest = sha256(blob);
  const begun = await fetch(`${api()}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location')!, api());
  place.searchParams.set('digest', digest);
  const response = await fetch(place, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(blob),
  });
  if (!response.ok) throw new Error(`the registry did not take a blob: ${response.status}`);
  return digest;
}

function api(): string {
  const [host, ...path] = repository().split('/');
  return `http://${host}/v2/${path.join('/')}`;
}

function sha256(data: Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** A release of an image and a bundle, as `verify` would hand it over. */
export function release({ image, commit }: { image: string; commit: string }, bundle: string): Release {
  return { image, bundle, commit, verdict: 'a'.repeat(64), policy: 'b'.repeat(64) };
}
