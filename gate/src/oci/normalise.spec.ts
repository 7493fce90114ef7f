/** Two builds of the same content at different times must be one image; what a base image brings must stay. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { LayoutArchive, LayoutWriter } from './layout.ts';
import { type Descriptor, mediaTypes } from './model.ts';
import { normalise } from './normalise.ts';

const created = '2026-02-03T04:05:06Z';
const commit = Date.parse(created) / 1000;
const labels = { 'org.opencontainers.image.revision': 'abc' };

function scratch(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-normalise-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A layer as tar writes it, its files of a certain time; `format` decides how long names and fractions of seconds are kept. */
function layer(folder: string, seconds: number, format: string, compress = true): Buffer {
  const root = join(folder, `root-${Math.random()}`);
  const deep = join(root, 'a'.repeat(80), 'b'.repeat(80));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'long'), 'x'.repeat(5000));
  writeFileSync(join(root, 'empty'), '');
  symlinkSync('empty', join(root, 'link'));
  for (const file of [join(deep, 'long'), join(root, 'empty')]) utimesSync(file, seconds + 0.25, seconds + 0.25);
  const tar = execFileSync(
    'tar',
    ['-c', `--format=${format}`, '--sort=name', `--mtime=@${seconds}.25`, '--owner=0', '--group=0', '-C', root, '.'],
    { maxBuffer: 1e8 },
  );
  return compress ? gzipSync(tar) : tar;
}

async function build(
  file: string,
  layers: Buffer[],
  builtAt: string,
  architectures = ['amd64', 'arm64'],
): Promise<void> {
  const writer = new LayoutWriter(file);
  const manifests: Descriptor[] = [];
  for (const architecture of architectures) {
    const descriptors: Descriptor[] = [];
    for (const bytes of layers) {
      const gzip = bytes[0] === 0x1f;
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const mediaType = `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`;
      descriptors.push({ mediaType, digest, size: bytes.length });
      await writer.blob(descriptors.at(-1)!, () => [bytes]);
    }
    const diffIds = layers.map((bytes) => {
      const plain = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
      return `sha256:${createHash('sha256').update(plain).digest('hex')}`;
    });
    const config = await writer.json('application/vnd.oci.image.config.v1+json', {
      ...{ os: 'linux', architecture, created: builtAt, config: { User: '65532', Labels: { mine: 'kept' } } },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: layers.map(() => ({ created: builtAt, created_by: 'test' })),
    });
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: descriptors };
    manifests.push({
      ...(await writer.json(mediaTypes.manifest, manifest)),
      platform: { os: 'linux', architecture },
    });
  }
  const top =
    manifests.length === 1 ? manifests[0]! : await writer.json(mediaTypes.index, { schemaVersion: 2, manifests });
  writer.finish({ schemaVersion: 2, manifests: [top] });
}

function times(tar: Buffer): Set<string> {
  const listing = execFileSync('tar', ['-tv', '--full-time', '--utc'], { input: tar, encoding: 'utf8' });
  return new Set(
    listing
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(3, 5).join(' ')),
  );
}

describe('normalise', () => {
  for (const format of ['gnu', 'pax', 'ustar']) {
    it(`gives two builds of the same content one digest, and all times the commit's (${format})`, async (test) => {
      const folder = scratch(test);
      const base = layer(folder, commit - 1000, format);
      const digests: string[] = [];
      for (const [name, later] of [
        ['one', 50],
        ['two', 7000],
      ] as const) {
        const built = join(folder, `${name}.tar`);
        await build(
          built,
          [base, layer(folder, commit + later, format)],
          new Date((commit + later) * 1000).toISOString(),
        );
        digests.push(await normalise(built, join(folder, `${name}-out.tar`), { created, labels }));
      }
      assert.equal(digests[0], digests[1]);
      assert.deepEqual(readFileSync(join(folder, 'one-out.tar')), readFileSync(join(folder, 'two-out.tar')));

      const archive = new LayoutArchive(join(folder, 'one-out.tar'));
      test.after(() => archive.close());
      assert.equal(archive.top().digest, digests[0]);
      const images = archive.images();
      assert.deepEqual(
        images.map(({ config }) => config.architecture),
        ['amd64', 'arm64'],
      );
      for (const { config, manifest } of images) {
        assert.equal(config.created, created);
        assert.deepEqual(
          config.history?.map((step) => step.created),
          [created, created],
        );
        assert.deepEqual(config.config, { User: '65532', Labels: { mine: 'kept', ...labels } });
        const [first, second] = manifest.layers!;
        assert.equal(first!.digest, `sha256:${createHash('sha256').update(base).digest('hex')}`);
        const plain = gunzipSync(archive.blob(second!));
        assert.deepEqual([...times(plain)], ['2026-02-03 04:05:06']);
        assert.equal(config.rootfs.diff_ids[1], `sha256:${createHash('sha256').update(plain).digest('hex')}`);
      }
    });
  }

  it('makes an index of one image too, and takes a layer that is not compressed', async (test) => {
    const folder = scratch(test);
    const built = join(folder, 'built.tar');
    await build(built, [layer(folder, commit + 9, 'gnu', false)], created, ['amd64']);
    await normalise(built, join(folder, 'out.tar'), { created, labels });
    const archive = new LayoutArchive(join(folder, 'out.tar'));
    test.after(() => archive.close());
    assert.equal(archive.top().mediaType, mediaTypes.index);
    assert.deepEqual(
      [...times(gunzipSync(archive.blob(archive.images()[0]!.manifest.layers![0]!)))],
      ['2026-02-03 04:05:06'],
    );
  });

  it('refuses a truncated archive and a layer that ends inside a file', async (test) => {
    const folder = scratch(test);
    const built = join(folder, 'built.tar');
    await build(built, [gzipSync(gunzipSync(layer(folder, commit + 9, 'gnu')).subarray(0, 3000))], created);
    await assert.rejects(normalise(built, join(folder, 'out.tar'), { labels: {} }), /ends inside a file/);
    writeFileSync(join(folder, 'short.tar'), readFileSync(built).subarray(0, 2000));
    await assert.rejects(
      normalise(join(folder, 'short.tar'), join(folder, 'out.tar'), { labels: {} }),
      /the archive ends|no index.json/,
    );
  });
});
