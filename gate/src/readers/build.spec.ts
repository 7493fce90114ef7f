import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal } from '../../test/report-file.ts';

const digest = `sha256:${'0f'.repeat(32)}`;
const report = (over: object) =>
  JSON.stringify({ kind: 'sluice/build/v1', what: 'image', files: 12, sizeBytes: 96_000_000, ...over });

describe('the build reader', () => {
  it('reads an image', () => {
    const reading = read('build/build.json', report({ digest, platforms: ['linux/amd64'] }));
    assert.deepEqual(counts(reading), { layers: 12, bytes: 96_000_000 });
    assert.deepEqual(reading.builtImage, { digest, platforms: ['linux/amd64'] });
    assert.equal(reading.broken, undefined);
  });

  it('reads an application, and an empty one as evidence of nothing', () => {
    assert.deepEqual(counts(read('build/build.json', report({ what: 'application' }))), {
      files: 12,
      bytes: 96_000_000,
    });
    assert.equal(counts(read('build/build.json', report({ what: 'application', files: 0 })))['files'], 0);
  });

  it('takes a failed build as a finding', () => {
    const reading = read(
      'build/build.json',
      report({ what: 'application', files: 0, failure: 'src/a.ts:1 error\nexit 1' }),
    );
    assert.deepEqual(brief(reading), ['high build failed undefined:undefined']);
    assert.deepEqual(counts(reading), { 'failed builds': 1 });
  });

  it('trusts no image without a digest', () => {
    assert.equal(read('build/build.json', report({})).broken, 'an image without a digest');
  });

  it('refuses another version and other JSON', () => {
    assert.match(
      refusal('build/x.json', report({ kind: 'sluice/build/v2' })),
      /^x\.json is not the build stage's JSON: kind: /,
    );
    assert.match(
      refusal('build/x.json', report({ digest: 'latest' })),
      /^x\.json is not the build stage's JSON: digest: /,
    );
    assert.match(refusal('build/x.json', '[]'), /^x\.json is not the build stage's JSON: .*\(it is an empty list\)$/);
  });
});
