/** dast on a real engine with the real ZAP: a good API, one with a planted hole, and images and tools that fail. Skipped with the reason where there is none. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, noEngine, root } from '../engine.ts';

const fixture = join(root, 'gate/self-test/api');

describe('dast on a real engine', { skip: noEngine() ?? false }, () => {
  let scratch: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'sluice-engine-dast-'));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** The fixture with a flaw planted by its environment, and its policy changed. */
  function project(name: string, flaw: string, change = (policy: string): string => policy): string {
    const folder = join(scratch, name);
    cpSync(fixture, folder, { recursive: true });
    const policy = readFileSync(join(folder, 'sluice.yaml'), 'utf8');
    const planted = policy.replace('environment: {', `environment: { FLAW: ${flaw},`);
    writeFileSync(join(folder, 'sluice.yaml'), change(flaw ? planted : policy));
    return folder;
  }

  test('a good API passes, every operation reached, and a second call starts nothing', () => {
    const source = project('good', '');
    const first = call(['dast', '--source', source]);
    assert.equal(first.exitCode, 0, first.stderr);
    assert.match(first.stdout, /dast +passed +\d+ findings · 3 operations /);

    const reports = join(scratch, 'reports');
    const again = call(['reports', '--source', source, 'export', '--path', reports]);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.doesNotMatch(again.stderr, /Job activeScan started/);
    const page = readFileSync(join(reports, 'index.html'), 'utf8');
    assert.match(page, /DAST: 3 of 3 operations reached/);
    assert.match(readFileSync(join(reports, 'summary.md'), 'utf8'), /DAST: 3 of 3 operations reached/);
    const har = readFileSync(join(reports, 'dast/zap.har'), 'utf8');
    assert.match(har, /Bearer \[redacted\]|\[redacted\]/);
    assert.doesNotMatch(har, /Bearer [\w-]{20,}/);
    assert.match(readFileSync(join(reports, 'dast/zap.html'), 'utf8'), /ZAP/);

    // What ran is what was built.
    const json = (file: string) => JSON.parse(readFileSync(join(reports, file), 'utf8')) as Record<string, unknown>;
    const { digest, images } = json('dast/stage.json')['subject'] as { digest: string; images: { platform: string }[] };
    assert.equal(digest, json('build/build.json')['digest']);
    assert.equal(images.length, 1);
  });

  test('a reflected cross-site script fails', () => {
    const { exitCode, stderr } = call(['dast', '--source', project('xss', 'xss')]);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /dast +failed +1 finding: 40012 Cross Site Scripting at GET .*search/);
  });

  const broken: [what: string, source: () => string, reason: RegExp][] = [
    [
      'crashes at start',
      () => project('crash', 'crash'),
      /ended before it was ready: exit code 1: Error: DATABASE_URL leads nowhere/,
    ],
    [
      'is never ready',
      () => project('never-ready', 'never-ready', (policy) => policy.replace('health:', 'timeout: 20\n    health:')),
      /was not ready within 20 s: GET \/ready answered 503: listening/,
    ],
    ['ends midway', () => project('exit-midway', 'exit-midway'), /ended during the scan: exit code 9: out of luck/],
  ];
  for (const [what, source, reason] of broken) {
    test(`an image that ${what} is broken, exit 3, with its own last words`, () => {
      const { exitCode, stderr } = call(['dast', '--source', source()]);
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, /dast +broken/);
      assert.match(stderr, reason);
    });
  }

  test('a ZAP image without ZAP is broken', () => {
    const table = process.env['SLUICE_TEST_IMAGES'];
    const given = table ? (JSON.parse(readFileSync(table, 'utf8')) as Record<string, string>) : {};
    const images = join(scratch, 'images.json');
    const source = join(root, 'dagger/src/images.ts');
    const node24 = given['node24'] ?? /node24:\s*'([^']+)'/.exec(readFileSync(source, 'utf8'))![1]!;
    writeFileSync(images, JSON.stringify({ ...given, zap: node24 }));
    const { exitCode, stderr } = call(['dast', '--source', project('no zap', '')], { images });
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /dast +broken +zap\.sh is not installed/);
  });
});
