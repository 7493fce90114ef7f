import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

const lines = (file: string) =>
  read(file)
    .findings.map(({ severity, rule, package: pack }) => `${severity} ${rule} ${pack?.name}@${pack?.version}`)
    .sort();

const expected = [
  'high GHSA-aaaa-1001-rope rope@1.0.0',
  'high GHSA-aaaa-1001-rope rope@2.0.0',
  'medium GHSA-aaaa-1002-rope rope@1.0.0',
  'medium GHSA-aaaa-1002-rope rope@2.0.0',
  'critical GHSA-aaaa-1003-chan chain@2.0.0',
  'medium GHSA-aaaa-1004-oarr @harbor/oar@1.0.0',
  'low GHSA-aaaa-1005-buoy buoy@0.3.0',
].sort();

describe('the yarn audit reader', () => {
  it('makes one finding of an advisory that yarn 1 repeats for each path', () => {
    assert.deepEqual(lines('yarn-audit/yarn-1.jsonl'), expected);
    assert.deepEqual(counts(read('yarn-audit/yarn-1.jsonl')), { dependencies: 8 });
    assert.deepEqual(counts(read('yarn-audit/yarn-1-clean.jsonl')), { dependencies: 1 });
  });

  it('reads the lines of yarn 4', () => {
    assert.deepEqual(lines('yarn-audit/yarn-4.jsonl'), expected);
    assert.deepEqual(counts(read('yarn-audit/yarn-4.jsonl')), { 'vulnerable packages': 4 });
  });

  it('breaks on an audit without an answer or without its end', () => {
    assert.match(read('yarn-audit/yarn-1-refused.jsonl').broken ?? '', /^yarn audit: Error: .* returned a 405$/);
    const whole = reportText('yarn-audit/yarn-1.jsonl').trimEnd().split('\n');
    const cut = (from: number, to: number) => read('yarn-audit/x', whole.slice(from, to).join('\n')).broken;
    assert.equal(cut(0, -1), 'yarn audit ended without its summary');
    assert.equal(cut(1, whole.length), 'yarn audit counts 7 vulnerabilities, but lists 6');
  });

  it('refuses what is empty, truncated or of another kind', () => {
    const whole = reportText('yarn-audit/yarn-1.jsonl');
    assert.equal(refusal('yarn-audit/x', ''), 'x is empty');
    assert.match(refusal('yarn-audit/x', whole.slice(0, 400)), /^x:1 is truncated: /);
    assert.match(
      refusal('yarn-audit/x', `${whole}{"type":"auditSecret"}`),
      /^x:9 is not yarn audit JSON lines: type: /,
    );
    assert.match(refusal('yarn-audit/x', reportText('npm-audit/clean.json')), /is npm audit JSON/);
  });
});
