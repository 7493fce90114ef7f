/** What a scanner is shown of a tree, by real Git. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { layOut, type LayoutOptions } from './lay-out.ts';
import { readable } from './readable.ts';

function tree(test: TestContext, files: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'sluice-tree-'));
  test.after(() => rmSync(root, { recursive: true, force: true }));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  return root;
}

function laid(test: TestContext, root: string, options: Partial<LayoutOptions> = {}) {
  const layout = layOut(root, { planted: {}, withCommit: true, ...options });
  test.after(() => rmSync(layout.folder, { recursive: true, force: true }));
  return layout;
}

const git = (root: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: root, stdio: 'pipe' });

describe('laying out a tree', () => {
  const all = ['.env', 'a.ts', 'dev/b.md', 'dist/c.js', 'node_modules/d/e.js', 'reports/f.json', 'sub/dist/g.js'];

  it('copies it one folder down, beside what is planted, and follows no link', (test) => {
    const root = tree(test, ['a.ts', 'dev/b.md']);
    symlinkSync('/etc', join(root, 'etc'));
    const { folder, files } = laid(test, root, { planted: { 'x/y.txt': 'planted' } });
    assert.deepEqual(files, ['a.ts', 'dev/b.md']);
    assert.equal(readFileSync(join(folder, 'source/dev/b.md'), 'utf8'), 'dev/b.md');
    assert.equal(readFileSync(join(folder, 'planted/x/y.txt'), 'utf8'), 'planted');
    assert.ok(!existsSync(join(root, 'x')));
  });

  it('leaves out what is made on a machine; without Git an .env is looked at', (test) => {
    const { files, missing } = laid(test, tree(test, all));
    assert.deepEqual(files, ['.env', 'a.ts', 'dev/b.md']);
    assert.deepEqual(missing, []);
  });

  for (const packed of [false, true]) {
    it(`looks at all that the commit has, there or not, and at no .env that it has not (${packed ? 'packed' : 'loose'})`, (test) => {
      const root = tree(test, [...all, 'README.md']);
      git(root, 'init', '-q');
      git(root, 'add', '-f', 'a.ts', 'sub/dist/g.js', 'reports/f.json', 'README.md');
      git(root, 'commit', '-qm', 'one');
      if (packed) git(root, 'gc', '-q');
      assert.deepEqual(laid(test, root).files, ['README.md', 'a.ts', 'dev/b.md', 'reports/f.json', 'sub/dist/g.js']);

      git(root, 'add', '-f', '.env');
      git(root, 'commit', '-qm', 'two');
      for (const left of ['sub/dist', 'README.md', '.env']) rmSync(join(root, left), { recursive: true });
      const { folder, files, missing } = laid(test, root);
      assert.deepEqual(files, ['.env', 'README.md', 'a.ts', 'dev/b.md', 'reports/f.json', 'sub/dist/g.js']);
      assert.deepEqual(missing, []);
      assert.equal(readFileSync(join(folder, 'source/.env'), 'utf8'), '.env');
    });
  }

  it('says what the commit has and nobody brought along', (test) => {
    const root = tree(test, ['a.ts', 'dist/c.js']);
    git(root, 'init', '-q');
    git(root, 'add', '-f', '.');
    git(root, 'commit', '-qm', 'one');
    const blob = git(root, 'rev-parse', 'HEAD:dist/c.js').toString().trim();
    rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    rmSync(join(root, 'dist'), { recursive: true });
    assert.deepEqual(laid(test, root).missing, ['dist/c.js']);
  });
});

describe('what is readable of a file', () => {
  const shown = (bytes: Buffer) => readable(bytes).toString();

  it('is a text as it is, UTF-16 as text, and of anything else the printable parts', () => {
    assert.equal(shown(Buffer.from('A=ü\n')), 'A=ü\n');
    assert.equal(shown(Buffer.from('\uFEFFA=ü\r\n', 'utf16le')), 'A=ü\r\n');
    assert.equal(shown(Buffer.from('\uFEFFA=ü', 'utf16le').swap16()), 'A=ü');
    assert.equal(shown(Buffer.from('\u0000\u0001key=abc\u0000\u0002next', 'latin1')), '\nkey=abc\nnext');
  });
});
