/** `sluice publish --check`: what would stop a publish is said before half an hour of stages, without an image or a verdict. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sluice } from './sample.ts';

const signed = ['publish', '--check', '--repository', 'registry.example/acme/till', '--key', 'cosign.key'];

describe('publish --check', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-publish-check-'));
    writeFileSync(join(folder, 'sluice.yaml'), 'project: { name: till }\n');
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'commit.gpgsign=false'];
    for (const args of [
      ['init', '--quiet'],
      ['add', '.'],
      [...who, 'commit', '--quiet', '-m', 'till'],
    ]) {
      execFileSync('git', args, { cwd: folder });
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('says nothing where nothing stands in the way', async () => {
    assert.deepEqual(await sluice(folder, signed), { code: 0, stdout: '', stderr: '' });
  });

  const refused: [what: string, args: string[], words: string][] = [
    ['no repository', ['publish', '--check', '--key', 'k'], 'publish needs --repository HOST/PATH'],
    ['no signer', signed.slice(0, 4), 'publish signs: give --key FILE, or --oidc-url-file'],
    ['a repository that is none', [...signed, '--repository', 'http://'], 'http:// names no image'],
    [
      'a ledger without a source to tell it',
      [...signed, '--ledger', 'https://ledger.example'],
      'the ledger wants to know where the source is: name it in sluice.yaml as project.source',
    ],
  ];
  for (const [what, args, words] of refused) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await sluice(folder, args);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.startsWith(`sluice: ${words}`), stderr);
    });
  }

  it('refuses files that are no commit', async () => {
    writeFileSync(join(folder, 'new.ts'), '');
    const { code, stderr } = await sluice(folder, signed);
    assert.equal(code, 2);
    assert.match(stderr, /new\.ts/);
    assert.equal((await sluice(folder, [...signed, '--allow-dirty'])).code, 0);
  });
});
