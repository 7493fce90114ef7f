import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baseline } from './baseline.ts';
import { fingerprints } from './fingerprint.ts';
import type { Finding, StageName, StageResult, Verdict } from './model.ts';
import { sarif } from './render/sarif.ts';

const finding = (over: Partial<Finding> = {}): Finding => ({
  tool: 'eslint',
  rule: 'no-eval',
  severity: 'high',
  message: 'eval can be harmful.',
  location: { path: 'src/a.ts', line: 3 },
  ...over,
});

function verdict(findings: Finding[], stage: StageName = 'lint'): Verdict {
  const result: StageResult = {
    stage,
    status: 'failed',
    reason: 'it found something',
    counts: {},
    evidence: [],
    findings,
    required: true,
    tool: 'eslint',
  };
  return {
    schema: 'verdict/v1',
    status: 'failed',
    runner: 'dagger',
    preview: false,
    subject: { name: 'shop', revision: 'abc' },
    stages: [result],
    findings: {},
    waived: [],
    warnings: [],
    policy: '',
    finishedAt: '2026-11-22T08:00:00Z',
  };
}

/** The states of the current findings, and the rules of the fixed ones. */
function compare(base: Finding[], current: Finding[]) {
  const { states, fixed } = baseline([{ stage: 'lint', findings: current }], sarif(verdict(base)));
  return [current.map((one) => states.get(one)), fixed.map(({ rule }) => rule)];
}

describe('comparing with the base branch', () => {
  it('tells new, known and fixed findings apart', () => {
    const base = [finding(), finding({ rule: 'no-new-func' })];
    const current = [finding(), finding({ rule: 'eqeqeq' })];
    assert.deepEqual(compare(base, current), [['known', 'new'], ['no-new-func']]);
    assert.deepEqual(compare([], []), [[], []]);
  });

  it('knows a finding whose line, column, severity or version moved', () => {
    const base = [finding({ message: 'Used on line 3', package: { name: 'rope', version: '1.0.0' } })];
    const moved = finding({
      message: 'Used on line 90',
      severity: 'low',
      location: { path: 'src/a.ts', line: 90, column: 7 },
      package: { name: 'rope', version: '1.0.1', fixedIn: '2.0.0' },
    });
    assert.deepEqual(compare(base, [moved]), [['known'], []]);
  });

  it('takes another file, package, message, method or path for another finding', () => {
    const others = [
      finding({ location: { path: 'src/b.ts', line: 3 } }),
      finding({ package: { name: 'rope', version: '1' } }),
      finding({ message: 'setTimeout can be harmful.' }),
      finding({ http: { method: 'GET', url: 'http://app/a' } }),
    ];
    assert.deepEqual(compare([finding()], others), [['new', 'new', 'new', 'new'], ['no-eval']]);
  });

  it('knows a URL on another host or with another query', () => {
    const at = (url: string) => finding({ http: { method: 'GET', url } });
    assert.deepEqual(compare([at('http://app:3000/a?x=1')], [at('http://localhost:81/a')]), [['known'], []]);
  });

  it('counts one more of the same kind as one new finding, in whatever order they come', () => {
    const at = (line: number) => finding({ location: { path: 'src/a.ts', line } });
    assert.deepEqual(compare([at(3), at(9)], [at(20), at(4), at(10)]), [['new', 'known', 'known'], []]);
    assert.deepEqual(compare([at(3), at(9)], [at(4)]), [['known'], ['no-eval']]);
    const some = [at(3), at(9), at(1)];
    assert.deepEqual(fingerprints('lint', some), new Map([...fingerprints('lint', some.toReversed())]));
  });

  it('says how many findings the base leaves out', () => {
    const text = sarif(verdict([finding(), finding({ rule: 'x' })]), { most: 1 });
    assert.equal(baseline([], text).leftOut, 1);
  });

  it('refuses a base that is empty, truncated, or of another tool', () => {
    const text = sarif(verdict([finding()]));
    const given = (base: string) => () => baseline([], base);
    assert.throws(given(''), { message: 'sluice.sarif of the base is empty' });
    assert.throws(given(text.slice(0, 300)), { message: /^sluice\.sarif of the base is truncated/ });
    assert.throws(given(text.replaceAll('sluice/v1', 'other/v1')), { message: /is of another tool/ });
    assert.throws(given('{"version":"2.0.0","runs":[]}'), { name: 'UnreadableReport' });
  });
});
