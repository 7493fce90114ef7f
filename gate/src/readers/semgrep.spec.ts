import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

const findings = [
  'high eval-call src/bad.ts:3',
  'high weak-hash src/bad.ts:4',
  'medium random-token src/bad.ts:5',
  'low todo src/bad.ts:6',
  'critical shell src/bad.ts:7',
  'medium medium src/bad.ts:8',
  'low low src/bad.ts:9',
];

describe('the Semgrep reader', () => {
  it('reads the older and the newer severities, each finding once', () => {
    const reading = read('semgrep/findings.json');
    assert.deepEqual(brief(reading), findings);
    assert.deepEqual(
      reading.findings.map(({ toolSeverity }) => toolSeverity),
      ['ERROR', 'HIGH', 'WARNING', 'INFO', 'CRITICAL', 'MEDIUM', 'LOW'],
    );
    assert.deepEqual(
      reading.findings.slice(0, 3).map(({ cwe, help }) => [cwe, help]),
      [
        [[95], 'https://example.org/eval'],
        [[328, 916], 'https://example.org/md5'],
        [undefined, undefined],
      ],
    );
    assert.equal(reading.version, '1.182.0');
    assert.deepEqual(counts(reading), { files: 2 });
  });

  it('counts the rules where the report names them', () => {
    assert.deepEqual(counts(read('semgrep/with-time.json')), { files: 1, rules: 7 });
  });

  it('sees what comments silence where Semgrep was told to report it', () => {
    assert.deepEqual(brief(read('semgrep/disable-nosem.json')), [...findings, 'high eval-call src/bad.ts:10']);
    const older = reportText('semgrep/findings.json').replace('"extra":{', '"extra":{"is_ignored":true,');
    assert.equal(read('semgrep/x.json', older).findings[0]?.suppressed, true);
  });

  it('breaks on a rule or a target that was left out', () => {
    assert.match(read('semgrep/bad-rule.json').broken ?? '', /^Semgrep: Rule parse error in rule x:/);
    assert.match(read('semgrep/no-rules.json').broken ?? '', /unable to find a config/);
    assert.match(read('semgrep/no-target.json').broken ?? '', /^Semgrep: Invalid scanning root: nothere$/);
    const timeout = { code: 2, level: 'warn', type: 'Timeout', message: 'Timeout when running x', path: 'src/a.ts' };
    const text = reportText('semgrep/clean.json').replace('"errors":[]', `"errors":[${JSON.stringify(timeout)}]`);
    assert.equal(read('semgrep/x.json', text).broken, 'Semgrep: Timeout when running x (src/a.ts)');
  });

  it('counts files of which Semgrep skipped lines', () => {
    const reading = read('semgrep/partly-parsed.json');
    assert.deepEqual(counts(reading), { files: 3, 'partly parsed files': 1 });
    assert.equal(reading.broken, undefined);
  });

  it('shows a scan of nothing as one', () => {
    assert.deepEqual(counts(read('semgrep/no-files.json')), { files: 0 });
  });

  it('refuses what is no whole report', () => {
    const whole = reportText('semgrep/findings.json');
    assert.equal(refusal('semgrep/x.json', ''), 'x.json is empty');
    assert.match(refusal('semgrep/x.json', whole.slice(0, 999)), /^x\.json is truncated: /);
    assert.match(refusal('semgrep/x.json', whole.replace('"ERROR"', '"AWFUL"')), /results\[0\]\.extra\.severity: /);
    assert.match(refusal('semgrep/x.json', reportText('jest/clean.json')), /is Jest JSON, not Semgrep JSON$/);
  });
});
