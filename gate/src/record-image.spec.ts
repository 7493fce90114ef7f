/** What Dagger built is recorded as it is: an image by its digest, a failure by the builder's words. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { StageRecord } from './model.ts';
import { recordImage, recordImageFailure } from './record-image.ts';
import type { BuildReport } from './stages/build.ts';

function scratch(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An OCI layout with one blob for each object, as an archive. Later objects may name the digests of earlier ones. */
function archive(folder: string, top: (add: (object: unknown) => { digest: string; size: number }) => unknown): string {
  const layout = join(folder, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const index = top((object) => {
    const bytes = JSON.stringify(object);
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  });
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  const file = join(folder, 'image.tar');
  execFileSync('tar', ['-cf', file, '-C', layout, 'index.json', 'blobs']);
  return file;
}

const left = (folder: string) => ({
  record: JSON.parse(readFileSync(join(folder, 'build/stage.json'), 'utf8')) as StageRecord,
  report: () => JSON.parse(readFileSync(join(folder, 'build/build.json'), 'utf8')) as BuildReport,
});

describe('recordImage', () => {
  it('reads digest, platforms and size of every platform of an index', (test) => {
    const folder = scratch(test);
    let digest = '';
    const file = archive(folder, (add) => {
      const image = (architecture: string) => ({
        ...add({ config: add({ os: 'linux', architecture }), layers: [{ size: 1000 }, { size: 24 }] }),
        platform: { os: 'linux', architecture },
      });
      const attestation = { ...add({ layers: [{ size: 7 }] }), platform: { os: 'unknown', architecture: 'unknown' } };
      const index = add({ manifests: [image('amd64'), image('arm64'), attestation] });
      digest = index.digest;
      return { manifests: [index] };
    });
    recordImage(folder, file, { startedAt: '2026-01-02T03:04:05.000Z', durationMs: 12, image: 'dagger' });
    const { record, report } = left(folder);
    assert.deepEqual(report(), {
      kind: 'sluice/build/v1',
      what: 'image',
      digest,
      platforms: ['linux/amd64', 'linux/arm64'],
      files: 4,
      sizeBytes: 2048,
    });
    assert.equal(record.exitCode, 0);
    assert.equal(record.startedAt, '2026-01-02T03:04:05.000Z');
  });

  it('takes no blob whose bytes have another digest', (test) => {
    const folder = scratch(test);
    const file = archive(folder, (add) => {
      const { digest } = add({ layers: [] });
      writeFileSync(join(folder, 'layout/blobs', digest.replace(':', '/')), '{"layers":[{"size":1}]}');
      return { manifests: [{ digest }] };
    });
    recordImage(folder, file, {});
    assert.match(left(folder).report().failure!, /has the digest/);
    assert.equal(left(folder).record.exitCode, 1);
  });

  it('calls an archive that holds no image a failure', (test) => {
    const folder = scratch(test);
    writeFileSync(join(folder, 'image.tar'), 'not a tar file');
    recordImage(folder, join(folder, 'image.tar'), {});
    assert.match(left(folder).report().failure!, /holds no OCI image/);
  });
});

describe('recordImageFailure', () => {
  it("keeps the builder's last words", (test) => {
    const folder = scratch(test);
    writeFileSync(
      join(folder, 'build.log'),
      'step 1\nprocess "/bin/sh -c npm run build" did not complete successfully: exit code: 2\n',
    );
    recordImageFailure(folder, join(folder, 'build.log'), {});
    assert.match(left(folder).report().failure!, /did not complete successfully/);
    assert.equal(left(folder).record.exitCode, 1);
  });

  it('is broken, not failed, where a registry could not be reached', (test) => {
    const folder = scratch(test);
    writeFileSync(
      join(folder, 'build.log'),
      'failed to resolve source metadata for docker.io/library/node:24: not found\n',
    );
    recordImageFailure(folder, join(folder, 'build.log'), {});
    assert.match(left(folder).record.broken!, /^the builder could not reach a registry: failed to resolve/);
    assert.equal(left(folder).record.exitCode, null);
  });

  it('is broken where a platform would need emulation, and says the ways out', (test) => {
    const folder = scratch(test);
    writeFileSync(join(folder, 'build.log'), 'exec: "/bin/sh": exec format error\n');
    recordImageFailure(folder, join(folder, 'build.log'), {});
    assert.match(left(folder).record.broken!, /BUILDPLATFORM.*emulation.*stages\.build\.platforms/);
  });
});
