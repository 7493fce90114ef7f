import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JudgedFinding } from './model.ts';
import type { Waiver } from './policy.ts';
import { waive, waiverWarnings } from './waive.ts';

const day = '2026-11-22';
const cve: JudgedFinding = {
  fingerprint: 'f:1',
  tool: 'trivy',
  rule: 'CVE-2026-1',
  severity: 'high',
  message: 'm',
  package: { name: 'tar', version: '1.0.0' },
  location: { path: 'service/src/a.ts', line: 3 },
};
const waiver = (over: Partial<Waiver> = {}): Waiver => ({
  id: 'CVE-2026-1',
  owner: 'ann',
  reason: 'unreachable',
  expires: '2027-01-01',
  ...over,
});
const left = (of: Waiver, finding = cve) => waive('lint', [finding], [of], day).left.length;

describe('a waiver', () => {
  it('excuses a finding, with owner, reason and last day', () => {
    const { left: none, waived } = waive('lint', [cve], [waiver()], day);
    assert.deepEqual(none, []);
    assert.deepEqual(waived, [
      {
        stage: 'lint',
        rule: 'CVE-2026-1',
        waiver: 'CVE-2026-1',
        owner: 'ann',
        reason: 'unreachable',
        expires: '2027-01-01',
        finding: cve,
      },
    ]);
  });

  it('holds on its last day and not on the next', () => {
    assert.equal(left(waiver({ expires: day })), 0);
    assert.equal(left(waiver({ expires: '2026-11-21' })), 1);
    assert.deepEqual(waive('lint', [cve], [waiver({ expires: '2026-11-21' })], day).lapsed, [
      'the waiver of CVE-2026-1 expired on 2026-11-21 (ann)',
    ]);
  });

  it('covers what it names and nothing else', () => {
    assert.equal(left(waiver({ id: 'CVE-2026-10' })), 1);
    assert.equal(left(waiver({ stage: 'lint' })), 0);
    assert.equal(left(waiver({ stage: 'test' })), 1);
    assert.equal(left(waiver({ package: 'tar' })), 0);
    assert.equal(left(waiver({ package: 'ta' })), 1);
    assert.equal(left(waiver({ path: 'service/src/a.ts' })), 0);
    assert.equal(left(waiver({ path: 'service/' })), 0);
    assert.equal(left(waiver({ path: 'service' })), 1);
    assert.equal(left(waiver({ path: 'src/a.ts' })), 1);
    const { location: _location, ...nowhere } = cve;
    assert.equal(left(waiver({ path: 'service/' }), nowhere), 1);
  });

  it('until fixed ends on the day that a fix is known', () => {
    const until = waiver({ until: 'fixed' });
    assert.equal(left(until), 0);
    const fixed = { ...cve, package: { name: 'tar', version: '1.0.0', fixedIn: '1.0.1' } };
    assert.equal(left(until, fixed), 1);
    assert.equal(left(waiver(), fixed), 0);
    assert.deepEqual(waive('lint', [fixed], [until], day).lapsed, [
      'the waiver of CVE-2026-1 held until a fix: tar 1.0.1 is out (ann)',
    ]);
  });

  it('that has lapsed does not stand in the way of one that holds', () => {
    const { left: none, waived } = waive(
      'lint',
      [cve],
      [waiver({ expires: '2026-01-01' }), waiver({ owner: 'ben' })],
      day,
    );
    assert.deepEqual(none, []);
    assert.equal(waived[0]?.owner, 'ben');
  });
});

describe('warnings about waivers', () => {
  const warn = (of: Waiver, matched = true, judged = true) =>
    waiverWarnings([of], new Set(matched ? [of] : []), () => judged, day);

  it('call the stale one stale, but only where the stage was looked at', () => {
    assert.deepEqual(warn(waiver(), false), ['waiver CVE-2026-1 (ann) is stale: it matches no finding; remove it']);
    assert.deepEqual(warn(waiver(), false, false), []);
  });

  it('begin 14 days before the end', () => {
    assert.deepEqual(warn(waiver({ expires: '2026-12-07' })), []);
    assert.deepEqual(warn(waiver({ expires: '2026-12-06' })), [
      'waiver CVE-2026-1 (ann) expires in 14 days, on 2026-12-06',
    ]);
    assert.deepEqual(warn(waiver({ expires: '2026-11-23' })), [
      'waiver CVE-2026-1 (ann) expires in 1 day, on 2026-11-23',
    ]);
    assert.deepEqual(warn(waiver({ expires: day })), ['waiver CVE-2026-1 (ann) expires today']);
    assert.deepEqual(warn(waiver({ expires: '2026-11-21' })), [
      'waiver CVE-2026-1 (ann) expired on 2026-11-21: its findings count again',
    ]);
  });
});
