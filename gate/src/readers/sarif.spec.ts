import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

describe('the SARIF reader', () => {
  it("reads Semgrep's results, and what a comment silenced", () => {
    const reading = read('sarif/semgrep.sarif');
    assert.equal(reading.findings.length, 8);
    assert.deepEqual(
      brief(reading).filter((line) => line.endsWith('suppressed')),
      ['high eval-call src/bad.ts:10 suppressed'],
    );
    assert.deepEqual(reading.findings.find(({ rule }) => rule === 'weak-hash')?.cwe, [328, 916]);
    assert.deepEqual(counts(reading), { files: 1, rules: 7 });
    assert.deepEqual([reading.tool, reading.version], ['semgrep oss', '1.182.0']);
  });

  it("reads ESLint's, with absolute paths and files without a result", () => {
    assert.deepEqual(brief(read('sarif/eslint.sarif')), [
      'medium eqeqeq src/a.js:1',
      'high no-eval src/a.js:1 suppressed',
      'high no-eval src/b.js:1',
    ]);
    assert.equal(counts(read('sarif/eslint.sarif'))['files'], 2);
  });

  it('finds rules by id, index, extension and beginning; severity by score, level and default; places by index and base', () => {
    const reading = read('sarif/by-hand.sarif');
    assert.deepEqual(brief(reading), [
      'high M1 src/a b.ts:4',
      'critical M2 c.ts:undefined',
      'medium M3/sub undefined:undefined',
      'low X1 undefined:undefined',
      'unknown M1 undefined:undefined',
      'high M1 undefined:undefined suppressed',
      'high M1 undefined:undefined',
      'critical M2 undefined:undefined',
    ]);
    assert.deepEqual(
      reading.findings.map(({ message }) => message),
      ['bad x in y', 'score', 'global word', 'from an extension', 'look', 'silenced', 'turned down', 'on the web'],
    );
    assert.deepEqual(reading.findings.map(({ cwe }) => cwe?.[0]).slice(0, 3), [79, undefined, 22]);
    assert.deepEqual(reading.findings[7]?.http, { method: 'GET', url: 'http://app:3000/x' });
    assert.deepEqual(counts(reading), { files: 3, rules: 4, 'results without a finding': 1 });
  });

  it('trusts no run that failed, met an error, or has its results elsewhere', () => {
    const broken = (run: object) =>
      read(
        'sarif/x',
        JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'T' } }, results: [], ...run }] }),
      ).broken;
    assert.equal(broken({}), undefined);
    assert.equal(broken({ invocations: [{ executionSuccessful: false }] }), 'T says itself that it failed');
    assert.match(
      read('sarif/semgrep-bad-rule.sarif').broken ?? '',
      /^Semgrep OSS says itself that it met an error: Rule parse/,
    );
    assert.equal(broken({ results: undefined }), 'T reports no results at all, not even none: it did not scan');
    assert.equal(broken({ externalPropertyFileReferences: { results: [{}] } }), 'the results of T lie in another file');
    assert.equal(read('sarif/x', '{"version":"2.1.0","runs":[]}').broken, 'a SARIF file without a run');
    assert.match(
      read('sarif/x', '{"version":"2.1.0","runs":[],"inlineExternalProperties":[{"results":[]}]}').broken ?? '',
      /inlineExternalProperties/,
    );
  });

  it('shows a clean run that names no file as evidence of nothing', () => {
    assert.deepEqual(counts(read('sarif/semgrep-clean.sarif')), { files: 0, rules: 7 });
  });

  it('refuses other versions and what is not whole', () => {
    const whole = reportText('sarif/semgrep.sarif');
    assert.equal(refusal('sarif/x', ''), 'x is empty');
    assert.match(refusal('sarif/x', whole.slice(0, 900)), /^x is truncated: /);
    assert.equal(refusal('sarif/x', whole.replace('"2.1.0"', '"2.0.0"')), 'x is SARIF "2.0.0"; 2.1.0 is read');
    assert.match(refusal('sarif/x', '{"version":"2.1.0","runs":[{}]}'), /^x is not SARIF 2\.1\.0: runs\[0\]\.tool: /);
  });
});
