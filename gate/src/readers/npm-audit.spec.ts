import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

const lines = (file: string, text?: string) =>
  read(file, text).findings.map(
    ({ severity, rule, package: pack }) => `${severity} ${rule} ${pack?.name} ${pack?.version}`,
  );

describe('the npm audit reader', () => {
  it('counts each advisory once for its package, whatever depends on it', () => {
    const expected = [
      'medium GHSA-aaaa-1004-oarr @harbor/oar <=1.9.9',
      'low GHSA-aaaa-1005-buoy buoy <0.3.9',
      'critical GHSA-aaaa-1003-chan chain >=0.0.0',
      'high GHSA-aaaa-1001-rope rope <2.1.0',
      'medium GHSA-aaaa-1002-rope rope <1.4.0 || >=2.0.0 <2.0.1',
    ];
    assert.deepEqual(lines('npm-audit/npm-11.json'), expected);
    assert.deepEqual(lines('npm-audit/npm-10.json').sort(), [...expected].sort());
    assert.deepEqual(
      lines('npm-audit/omit-dev.json'),
      expected.filter((line) => !line.includes('buoy')),
    );
  });

  it('tells the repaired version, the weakness and the page', () => {
    const { findings } = read('npm-audit/npm-11.json');
    assert.deepEqual(findings[4], {
      tool: 'npm',
      rule: 'GHSA-aaaa-1002-rope',
      severity: 'medium',
      toolSeverity: 'moderate',
      message: 'Denial of service <in> rope',
      package: { name: 'rope', version: '<1.4.0 || >=2.0.0 <2.0.1', fixedIn: '1.4.0, 2.0.1' },
      cwe: [400, 1333],
      help: 'https://github.com/advisories/GHSA-aaaa-1002-rope',
    });
    assert.equal(findings[2]?.package?.fixedIn, undefined);
  });

  it('counts the dependencies that were audited', () => {
    assert.deepEqual(counts(read('npm-audit/npm-11.json')), { dependencies: 8, 'vulnerable packages': 5 });
    assert.deepEqual(counts(read('npm-audit/clean.json')), { dependencies: 1, 'vulnerable packages': 0 });
    assert.equal(counts(read('npm-audit/no-dependencies.json'))['dependencies'], 0);
  });

  it('breaks on an audit without an answer, and says what npm says', () => {
    const start = 'npm audit got no answer: ';
    for (const [file, said] of [
      ['refused.json', '405 Method Not Allowed - POST '],
      ['unreachable.json', 'request to '],
      ['no-lockfile.json', 'ENOLOCK: This command requires an existing lockfile.'],
      ['npm-6-refused.json', 'ENOAUDIT: '],
    ]) {
      assert.ok(read(`npm-audit/${file}`).broken?.startsWith(start + said), file);
    }
  });

  it('trusts no report that contradicts itself', () => {
    const whole = reportText('npm-audit/npm-11.json');
    const broken = (text: string) => read('npm-audit/x.json', text).broken;
    assert.equal(broken(whole), undefined);
    assert.equal(
      broken(whole.replace('"total": 5', '"total": 6')),
      'npm audit counts 6 vulnerable packages, but lists 5',
    );
    assert.match(
      broken(whole.replace('"chain",', '"gone",')) ?? '',
      /has anchor depend on gone, which it does not list/,
    );
  });

  it('refuses what is no whole report, and other versions', () => {
    const whole = reportText('npm-audit/npm-11.json');
    assert.equal(refusal('npm-audit/x.json', ''), 'x.json is empty');
    assert.match(refusal('npm-audit/x.json', whole.slice(0, 800)), /^x\.json is truncated: /);
    assert.match(refusal('npm-audit/x.json', whole.replace(': 2,', ': 3,')), /: auditReportVersion: /);
    assert.match(refusal('npm-audit/x.json', reportText('pnpm-audit/npm-6.json')), /is pnpm audit JSON/);
  });
});
