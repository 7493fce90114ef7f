/** The commit of a checkout, read from the few files of .git that Sluice takes along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headCommit } from '../src/revision.ts';

const commit = '3f2a9c1d'.repeat(5);
const reader = (files: Record<string, string>) => (path: string) => Promise.resolve(files[path]);

test('HEAD leads to a branch, loose or packed, or is a commit itself', async () => {
  assert.equal(await headCommit(reader({ HEAD: 'ref: refs/heads/main\n', 'refs/heads/main': `${commit}\n` })), commit);
  const packed = `# pack-refs with: peeled\n${'0'.repeat(40)} refs/remotes/origin/main\n${commit} refs/heads/main\n`;
  assert.equal(await headCommit(reader({ HEAD: 'ref: refs/heads/main\n', 'packed-refs': packed })), commit);
  assert.equal(await headCommit(reader({ HEAD: `${commit}\n` })), commit);
});

test('no checkout, no commit yet, or nonsense: no revision', async () => {
  assert.equal(await headCommit(reader({})), undefined);
  assert.equal(await headCommit(reader({ HEAD: 'ref: refs/heads/main\n' })), undefined);
  assert.equal(await headCommit(reader({ HEAD: '; rm -rf /' })), undefined);
});
