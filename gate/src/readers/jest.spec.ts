import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

/** A real report with some of its values changed. */
function changed(file: string, over: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(reportText(file)) as object), ...over });
}

describe('the Jest reader', () => {
  it('counts executed tests, and skipped ones apart', () => {
    assert.deepEqual(counts(read('jest/clean.json')), { tests: 2, 'skipped tests': 0, suites: 1 });
    assert.deepEqual(counts(read('jest/failures.json')), { tests: 4, 'skipped tests': 2, suites: 2 });
    assert.deepEqual(counts(read('jest/all-skipped.json')), { tests: 0, 'skipped tests': 2, suites: 1 });
    assert.deepEqual(counts(read('jest/odd.json')), { tests: 1, 'skipped tests': 2, suites: 1 });
    assert.deepEqual(counts(read('jest/no-tests.json')), { tests: 0, 'skipped tests': 0, suites: 0 });
    assert.deepEqual(counts(read('jest/pass-with-no-tests.json')), { tests: 0, 'skipped tests': 0, suites: 0 });
  });

  it('names a failing test, with the line of the test file that the failure came through', () => {
    assert.deepEqual(brief(read('jest/failures.json')), [
      'high price › rounds jest/price.test.js:3',
      // Thrown in price.js:2, called here.
      'high price › throws far away jest/price.test.js:4',
    ]);
    assert.deepEqual(
      read('jest/failures.json').findings.map(({ message }) => message),
      [
        'expect(received).toBe(expected) // Object.is equality Expected: 1.01 Received: 1',
        'TypeError: not a number: x',
      ],
    );
  });

  it('reads the same from a report with colours in it', () => {
    assert.deepEqual(brief(read('jest/colours.json')), brief(read('jest/failures.json')));
  });

  it('counts tests that a hook or a time-out failed', () => {
    assert.deepEqual(brief(read('jest/hook-fails.json')), [
      'high one jest/hooks.test.js:1',
      'high two jest/hooks.test.js:1',
    ]);
    assert.deepEqual(brief(read('jest/timeout.json')), ['high slow jest/slow.test.js:1']);
    assert.deepEqual(brief(read('jest/snapshot-missing.json')), ['high a jest/snap.test.js:1']);
  });

  it('takes a suite that failed beside its tests as a finding', () => {
    const suite = (file: string) => [brief(read(file)).join(), read(file).findings[0]?.message];
    assert.deepEqual(suite('jest/suite-fails-to-compile.json'), [
      'high suite failed to run jest/syntax.test.js:2',
      'SyntaxError: /src/shop/jest/syntax.test.js: Unexpected token (2:0)',
    ]);
    assert.deepEqual(suite('jest/after-all-fails.json'), [
      'high suite failed to run jest/afterall.test.js:1',
      'could not close',
    ]);
    assert.deepEqual(suite('jest/module-missing.json'), [
      'high suite failed to run jest/missing.test.js:1',
      "Cannot find module './gone' from 'missing.test.js'",
    ]);
    assert.deepEqual(suite('jest/empty-suite.json'), [
      'high suite failed to run jest/empty.test.js:undefined',
      'Your test suite must contain at least one test.',
    ]);
  });

  it("takes a coverage below the project's own threshold as a finding", () => {
    assert.deepEqual(brief(read('jest/threshold.json')), ['high coverage threshold undefined:undefined']);
  });

  it('reads a test that passed on a second try as passed', () => {
    assert.deepEqual(counts(read('jest/retry.json')), { tests: 1, 'skipped tests': 0, suites: 1 });
    assert.deepEqual(brief(read('jest/retry.json')), []);
  });

  it('finds no real report broken', () => {
    for (const file of [
      'clean',
      'failures',
      'all-skipped',
      'after-all-fails',
      'coverage',
      'threshold',
      'no-tests',
      'odd',
      'retry',
    ]) {
      assert.equal(read(`jest/${file}.json`).broken, undefined, file);
    }
  });

  const contradictions: [string, Record<string, unknown>, string][] = [
    ['jest/clean.json', { wasInterrupted: true }, 'Jest was interrupted'],
    ['jest/clean.json', { numTotalTestSuites: 3 }, 'Jest reports 1 of 3 suites'],
    ['jest/clean.json', { numTotalTests: 9 }, 'Jest reports 2 of 9 tests'],
    [
      'jest/clean.json',
      { numPassedTests: 1, numFailedTests: 1 },
      'Jest counts 1 passed and 1 failed tests, but lists 2 and 0',
    ],
    ['jest/clean.json', { numRuntimeErrorTestSuites: 1 }, 'Jest counts 1 suites that failed to run, but lists 0'],
    ['jest/clean.json', { success: false }, 'Jest reports no success, but nothing that failed'],
    ['jest/failures.json', { success: true }, 'Jest claims success beside failures'],
  ];
  for (const [file, over, expected] of contradictions) {
    it(`trusts no report that contradicts itself: ${expected}`, () => {
      assert.equal(read(file, changed(file, over)).broken, expected);
    });
  }

  it('refuses what is no whole Jest report, and names what it is', () => {
    const real = reportText('jest/failures.json');
    assert.equal(refusal('jest/x.json', ' \n'), 'x.json is empty');
    for (const length of [1, 100, 2000, real.length - 2]) {
      assert.match(refusal('jest/x.json', real.slice(0, length)), /^x\.json is truncated: /);
    }
    assert.equal(refusal('jest/x.json', reportText('eslint/clean.json')), 'x.json is ESLint JSON, not Jest JSON');
    assert.match(refusal('jest/x.json', '{}'), /^x\.json is not Jest JSON: .*\(it is an empty object\)$/);
    assert.match(
      refusal('jest/x.json', '{"stats":{},"tests":[]}'),
      /^x\.json is not Jest JSON: .*\(it is an object with stats, tests\)$/,
    );
    const status = real.replace('"status":"todo"', '"status":"maybe"');
    assert.match(
      refusal('jest/x.json', status),
      /^x\.json is not Jest JSON: testResults\[0\]\.assertionResults\[3\]\.status: /,
    );
  });
});
