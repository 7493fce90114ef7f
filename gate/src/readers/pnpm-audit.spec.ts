import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

const lines = (file: string) =>
  read(file).findings.map(
    ({ tool, severity, rule, package: pack }) =>
      `${tool} ${severity} ${rule} ${pack?.name}@${pack?.version} ${pack?.fixedIn}`,
  );

const expected = (tool: string) => [
  `${tool} high GHSA-aaaa-1001-rope rope@1.0.0 2.1.0`,
  `${tool} high GHSA-aaaa-1001-rope rope@2.0.0 2.1.0`,
  `${tool} medium GHSA-aaaa-1002-rope rope@1.0.0 1.4.0, 2.0.1`,
  `${tool} medium GHSA-aaaa-1002-rope rope@2.0.0 1.4.0, 2.0.1`,
  `${tool} critical GHSA-aaaa-1003-chan chain@2.0.0 undefined`,
  `${tool} medium GHSA-aaaa-1004-oarr @harbor/oar@1.0.0 2.0.0`,
  `${tool} low GHSA-aaaa-1005-buoy buoy@0.3.0 0.3.9`,
];

describe('the pnpm audit reader', () => {
  it('makes a finding of each advisory and installed version', () => {
    assert.deepEqual(lines('pnpm-audit/pnpm-9.json').sort(), expected('pnpm').sort());
    assert.deepEqual(lines('pnpm-audit/pnpm-10.json').sort(), expected('pnpm').sort());
    // pnpm 12 makes the repaired version itself, from the versions that there are.
    assert.deepEqual(
      lines('pnpm-audit/pnpm-12.json').sort(),
      expected('pnpm')
        .map((line) => line.replace('1.4.0, 2.0.1', '2.1.0'))
        .sort(),
    );
    assert.deepEqual(
      read('pnpm-audit/pnpm-12.json').findings.find(({ rule }) => rule.includes('1002'))?.cwe,
      [400, 1333],
    );
  });

  it("reads npm 6's report, which is the same, as npm's", () => {
    assert.deepEqual(lines('pnpm-audit/npm-6.json').sort(), expected('npm').sort());
    assert.deepEqual(counts(read('pnpm-audit/npm-6-clean.json')), { dependencies: 1 });
  });

  it('counts the dependencies', () => {
    assert.deepEqual(counts(read('pnpm-audit/pnpm-10.json')), { dependencies: 9 });
    assert.deepEqual(counts(read('pnpm-audit/pnpm-12-clean.json')), { dependencies: 1 });
    assert.deepEqual(read('pnpm-audit/pnpm-10-clean.json').findings, []);
  });

  it("notices what pnpm's configuration hides", () => {
    for (const file of ['pnpm-10-ignored.json', 'pnpm-12-ignored.json']) {
      assert.match(
        read(`pnpm-audit/${file}`).broken ?? '',
        /do not add up to: auditConfig or --audit-level hides some$/,
      );
    }
  });

  it('breaks on an audit without an answer', () => {
    assert.match(
      read('pnpm-audit/refused.json').broken ?? '',
      /^pnpm audit got no answer: ERR_PNPM_AUDIT_BAD_RESPONSE: /,
    );
  });

  it('refuses what is no whole report', () => {
    const whole = reportText('pnpm-audit/pnpm-12.json');
    assert.equal(refusal('pnpm-audit/x.json', ''), 'x.json is empty');
    assert.match(refusal('pnpm-audit/x.json', whole.slice(0, 800)), /^x\.json is truncated: /);
    assert.match(refusal('pnpm-audit/x.json', whole.replace('"high"', '"huge"')), /advisories\.1001\.severity: /);
  });
});
