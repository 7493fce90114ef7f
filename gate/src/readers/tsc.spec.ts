import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';
import { readAs, Report } from './index.ts';

describe('the tsc reader', () => {
  it("counts the project's own files; declarations alone are no evidence", () => {
    assert.deepEqual(brief(read('tsc/clean.txt')), []);
    assert.deepEqual(counts(read('tsc/clean.txt')), { files: 1, declarations: 3 });
    const without = reportText('tsc/clean.txt').replace(/.*price\.ts\n/, '');
    assert.deepEqual(counts(read('tsc/clean.txt', without)), { files: 0, declarations: 3 });
  });

  it('finds each error once, by file and line', () => {
    assert.deepEqual(brief(read('tsc/errors.txt')), [
      'high TS2322 src/cart.ts:2',
      'high TS2322 src/cart.ts:4',
      'high TS2307 src/cart.ts:5',
    ]);
    assert.equal(read('tsc/errors.txt').findings[1]?.location?.column, 13);
  });

  it('starts relative paths where tsc ran', () => {
    const report = new Report('tsc.txt', reportText('tsc/errors.txt'));
    const { findings } = readAs('tsc', report, { roots: ['/src/shop'], directory: 'ts' });
    assert.equal(findings[0]?.location?.path, 'ts/src/cart.ts');
  });

  it('keeps the explanation with its error', () => {
    const { findings } = read('tsc/explained.txt');
    assert.equal(findings.length, 1);
    assert.match(
      findings[0]!.message,
      /^Argument of type .*\n {2}The types of 'a\.b\.c' .*\n {4}Type 'string' is not assignable to type 'number'\.$/,
    );
  });

  it('adds up the projects of a build, a file that several compile once', () => {
    assert.deepEqual(counts(read('tsc/build-clean.txt')), { files: 2, declarations: 4 });
    assert.deepEqual(brief(read('tsc/build-errors.txt')), ['high TS2322 app/src/app.ts:1']);
    assert.deepEqual(counts(read('tsc/build-errors.txt')), { files: 2, declarations: 4 });
  });

  it('reads behind the lines that npm puts in front', () => {
    assert.deepEqual(brief(read('tsc/npm-run.txt')), ['high TS2322 app/src/app.ts:1']);
    assert.deepEqual(counts(read('tsc/npm-run.txt')), { files: 2, declarations: 4 });
  });

  it('has no evidence where tsc could not begin', () => {
    for (const file of ['tsc/bad-option.txt', 'tsc/no-inputs.txt', 'tsc/no-project.txt']) {
      assert.deepEqual(counts(read(file)), { files: 0, declarations: 0 }, file);
      assert.equal(read(file).findings.length, 1, file);
    }
    assert.deepEqual(counts(read('tsc/x.txt', '\n> shop@1.0.0 typecheck\n> tsc --noEmit --listFiles\n')), {
      files: 0,
      declarations: 0,
    });
  });

  it('refuses what it would misread', () => {
    assert.equal(refusal('tsc/x.txt', ''), 'x.txt is empty');
    assert.equal(
      refusal('tsc/x.txt', reportText('tsc/pretty.txt')),
      'x.txt is tsc output for people: it needs --pretty false',
    );
    assert.equal(
      refusal('tsc/x.txt', reportText('tsc/errors.txt').slice(0, -20)),
      'x.txt is truncated: its last line has no end',
    );
    assert.equal(refusal('tsc/x.txt', reportText('eslint/clean.json')), 'x.txt is ESLint JSON, not tsc output');
  });
});
