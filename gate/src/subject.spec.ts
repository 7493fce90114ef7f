import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { revisionOf, subjectName } from './subject.ts';

function folder(test: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-subject-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

describe('the revision', () => {
  it('is the commit, and says where the tree differs from it', async (test) => {
    const source = folder(test);
    git(source, 'init', '--quiet');
    writeFileSync(join(source, 'a'), '1');
    git(source, 'add', '.');
    git(source, 'commit', '--quiet', '-m', 'first');
    const commit = git(source, 'rev-parse', 'HEAD');
    assert.equal(await revisionOf(source), commit);
    writeFileSync(join(source, 'b'), '2');
    assert.equal(await revisionOf(source), `${commit}-dirty`);
  });

  it('is unknown outside git, before the first commit, and for a folder that is not there', async (test) => {
    const source = folder(test);
    assert.equal(await revisionOf(source), 'unknown');
    git(source, 'init', '--quiet');
    assert.equal(await revisionOf(source), 'unknown');
    assert.equal(await revisionOf(join(source, 'nowhere')), 'unknown');
  });
});

describe('the name', () => {
  it('is what the policy says, else package.json, else the folder', async (test) => {
    const source = folder(test);
    assert.equal(await subjectName(source, undefined), basename(source));
    writeFileSync(join(source, 'package.json'), '{"name":"shop"}');
    assert.equal(await subjectName(source, undefined), 'shop');
    assert.equal(await subjectName(source, 'till'), 'till');
    writeFileSync(join(source, 'package.json'), '{"name":');
    assert.equal(await subjectName(source, undefined), basename(source));
  });
});
