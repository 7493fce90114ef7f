/** Against what git itself says, with loose objects, packs and deltas, and both of git's hashes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readCheckout } from './checkout.ts';

function folder(test: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-checkout-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** Enough files and commits that packing makes deltas of trees and blobs. */
function repository(test: TestContext, ...init: string[]): string {
  const source = folder(test);
  git(source, 'init', '--quiet', ...init);
  mkdirSync(join(source, 'src/deep'), { recursive: true });
  for (let i = 0; i < 60; i++) writeFileSync(join(source, `src/file-${i}`), `${'line\n'.repeat(50)}${i}\n`);
  writeFileSync(join(source, 'src/deep/run'), '#!/bin/sh\n');
  chmodSync(join(source, 'src/deep/run'), 0o755);
  symlinkSync('deep/run', join(source, 'src/link'));
  for (let i = 0; i < 5; i++) {
    writeFileSync(join(source, 'src/file-7'), `${'line\n'.repeat(50)}version ${i}\n`);
    git(source, 'add', '.');
    git(source, 'commit', '--quiet', '-m', `commit ${i}`);
  }
  return source;
}

function pack(source: string): void {
  git(source, 'gc', '--quiet', '--aggressive', '--prune=now');
}

function expected(source: string) {
  const seconds = Number(git(source, 'log', '-1', '--format=%ct'));
  return {
    commit: git(source, 'rev-parse', 'HEAD'),
    committedAt: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    changed: [],
  };
}

describe('readCheckout', () => {
  for (const format of ['sha1', 'sha256']) {
    it(`says what git says, of loose objects and of packed ones (${format})`, (test) => {
      const source = repository(test, `--object-format=${format}`);
      assert.deepEqual(readCheckout(source), expected(source));
      pack(source);
      assert.match(git(source, 'count-objects', '-v'), /^count: 0$/m);
      assert.match(git(source, 'verify-pack', '-v', ...packs(source)), /chain length = [2-9]/);
      assert.deepEqual(readCheckout(source), expected(source));
    });
  }

  it('finds the commit of a detached HEAD and of a branch that is packed', (test) => {
    const source = repository(test);
    git(source, 'pack-refs', '--all');
    assert.equal(readCheckout(source)?.commit, git(source, 'rev-parse', 'HEAD'));
    git(source, 'checkout', '--quiet', '--detach', 'HEAD~2');
    assert.deepEqual(readCheckout(source), expected(source));
  });

  it('names every path that is not as the commit has it', (test) => {
    const source = repository(test);
    pack(source);
    const changes: [name: string, change: (path: string) => void][] = [
      ['src/file-1', (path) => writeFileSync(path, 'other')],
      ['src/file-2', (path) => unlinkSync(path)],
      ['src/deep/run', (path) => chmodSync(path, 0o644)],
      ['src/link', (path) => (unlinkSync(path), symlinkSync('file-3', path))],
      ['new', (path) => writeFileSync(path, '')],
    ];
    for (const [name, change] of changes) change(join(source, name));
    assert.deepEqual(readCheckout(source)?.changed, changes.map(([name]) => name).sort());
  });

  it('counts a file that git ignores: a build can use it', (test) => {
    const source = repository(test);
    writeFileSync(join(source, '.git/info/exclude'), 'ignored\n');
    writeFileSync(join(source, 'ignored'), '');
    assert.deepEqual(readCheckout(source)?.changed, ['ignored']);
  });

  it('does not miss what was left out, but what was brought back', (test) => {
    const source = repository(test);
    rmSync(join(source, 'src/deep'), { recursive: true });
    unlinkSync(join(source, 'src/file-2'));
    assert.deepEqual(readCheckout(source, ['**/deep', 'src/*-2'])?.changed, []);
    assert.deepEqual(readCheckout(source, ['src/*', '!src/deep'])?.changed, ['src/deep/run']);
  });

  it('tells nothing but the commit where its objects are missing, and nothing at all outside git', (test) => {
    const source = repository(test);
    const { commit } = readCheckout(source)!;
    rmSync(join(source, '.git/objects'), { recursive: true });
    assert.deepEqual(readCheckout(source), { commit });
    assert.equal(readCheckout(folder(test)), undefined);
    const empty = folder(test);
    git(empty, 'init', '--quiet');
    assert.equal(readCheckout(empty), undefined);
  });
});

function packs(source: string): string[] {
  return execFileSync('find', [join(source, '.git/objects/pack'), '-name', '*.idx'], { encoding: 'utf8' })
    .trim()
    .split('\n');
}
