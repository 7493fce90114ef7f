/** An archive laid out so that a scanner finds the image of every platform. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { LayoutWriter } from './layout.ts';
import { mediaTypes } from './model.ts';
import { unpackImage } from './unpack.ts';

function scratch(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-unpack-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('names the image of every platform in its index, each with its configuration, and leaves nothing behind', async (test) => {
  const file = join(scratch(test), 'image.tar');
  const writer = new LayoutWriter(file);
  const image = async (architecture: string) => {
    const config = await writer.json('config', { os: 'linux', architecture, variant: 'v8' });
    return { config, manifest: await writer.json(mediaTypes.manifest, { schemaVersion: 2, config, layers: [] }) };
  };
  const [amd64, arm64] = [await image('amd64'), await image('arm64')];
  const index = await writer.json(mediaTypes.index, {
    schemaVersion: 2,
    manifests: [amd64.manifest, arm64.manifest],
  });
  writer.finish({ schemaVersion: 2, manifests: [index] });

  const unpacked = unpackImage(file);
  assert.equal(unpacked.digest, index.digest);
  assert.deepEqual(unpacked.images, [
    { platform: 'linux/amd64', digest: amd64.manifest.digest, id: amd64.config.digest },
    { platform: 'linux/arm64', digest: arm64.manifest.digest, id: arm64.config.digest },
  ]);
  const layout = join(unpacked.parent, unpacked.folder);
  const written = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: unknown };
  assert.deepEqual(written.manifests, [amd64.manifest, arm64.manifest]);
  assert.ok(existsSync(join(layout, 'oci-layout')));
  unpacked.remove();
  assert.ok(!existsSync(unpacked.parent));
});

it('refuses what is no image', (test) => {
  const file = join(scratch(test), 'text');
  writeFileSync(file, 'text');
  assert.throws(() => unpackImage(file), /no index\.json in it/);
});
