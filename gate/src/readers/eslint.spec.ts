import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

describe('the ESLint reader', () => {
  it('finds nothing in a clean report, and says how many files were linted', () => {
    assert.deepEqual(brief(read('eslint/clean.json')), []);
    assert.deepEqual(counts(read('eslint/clean.json')), { files: 1, 'suppressed messages': 0 });
  });

  it('takes errors as high and warnings as low, each once, by file and line', () => {
    assert.deepEqual(brief(read('eslint/errors.json')), [
      'high no-unused-vars src/cart.js:3',
      'low eqeqeq src/cart.js:4',
      'high no-unused-vars src/cart.js:4',
      'high no-eval src/cart.js:5',
    ]);
    const [first] = read('eslint/errors.json').findings;
    assert.equal(first?.toolSeverity, 'error');
    assert.equal(first?.message, "'unused' is assigned a value but never used.");
    assert.equal(first?.help, 'https://eslint.org/docs/latest/rules/no-unused-vars');
  });

  it("takes a file that can't be parsed as a finding", () => {
    assert.deepEqual(brief(read('eslint/parse-error.json')), ['high parse-error src/broken.js:1']);
  });

  it('counts what comments silence, and shows the security rules among it as suppressed', () => {
    const reading = read('eslint/suppressed.json');
    assert.deepEqual(counts(reading), { files: 1, 'suppressed messages': 2 });
    assert.deepEqual(brief(reading), ['low eslint src/hushed.js:5', 'high no-eval src/hushed.js:2 suppressed']);
  });

  it('does not count a file that the configuration ignores as linted', () => {
    const reading = read('eslint/ignored-file.json');
    assert.deepEqual(counts(reading), { files: 0, 'suppressed messages': 0 });
    assert.deepEqual(brief(reading), []);
  });

  it('knows a report about no file by its name', () => {
    assert.deepEqual(counts(read('eslint/eslint.json', reportText('eslint/no-file.json'))), {
      files: 0,
      'suppressed messages': 0,
    });
  });

  it('trusts no counts that contradict the messages', () => {
    const text = reportText('eslint/errors.json').replace('"errorCount":3', '"errorCount":2');
    assert.equal(
      read('eslint/errors.json', text).broken,
      'errors.json: the counts of /src/shop/src/cart.js contradict its messages',
    );
  });

  it('keeps the paths of a report that was made elsewhere', () => {
    const text = reportText('eslint/parse-error.json').replaceAll('/src/shop', '/elsewhere');
    assert.deepEqual(brief(read('eslint/parse-error.json', text)), ['high parse-error /elsewhere/src/broken.js:1']);
    const windows = reportText('eslint/parse-error.json').replaceAll('/src/shop/src/', 'C:\\\\shop\\\\src\\\\');
    assert.deepEqual(brief(read('eslint/parse-error.json', windows)), ['high parse-error C:/shop/src/broken.js:1']);
  });

  it('refuses what is no whole ESLint report, and names what it is', () => {
    const real = reportText('eslint/errors.json');
    const file = 'eslint/x.json';
    assert.equal(refusal(file, ''), 'x.json is empty');
    assert.match(
      refusal(file, real.slice(0, 700)),
      /^x\.json is truncated: it is 700 characters long, and unterminated string/,
    );
    assert.match(refusal(file, real.slice(0, -2)), /^x\.json is truncated: /);
    assert.match(refusal(file, 'Oops! Something went wrong! :('), /^x\.json is not JSON: /);
    assert.equal(refusal(file, reportText('jest/clean.json')), 'x.json is Jest JSON, not ESLint JSON');
    assert.match(refusal(file, '{"version":"2.1.0","runs":[]}'), /^x\.json is SARIF 2\.1\.0, not ESLint JSON$/);
    assert.match(
      refusal(
        file,
        '[{"filePath":"a.js","messages":[{"ruleId":"x","severity":3,"message":"m"}],"errorCount":0,"warningCount":0}]',
      ),
      /^x\.json is not ESLint JSON: \[0\]\.messages\[0\]\.severity: /,
    );
    assert.match(refusal(file, '[null]'), /^x\.json is not ESLint JSON: \[0\]: /);
  });
});
