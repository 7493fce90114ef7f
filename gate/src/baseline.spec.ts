import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFinding, aStage, aVerdict } from '../test/made-verdict.ts';
import { reportText } from '../test/report-file.ts';
import { marked, readBase } from './baseline.ts';
import { fingerprints } from './fingerprint.ts';
import type { Finding } from './model.ts';
import { sarif, type SarifOptions } from './render/sarif.ts';

const finding = (over: Partial<Finding> = {}) =>
  aFinding({ rule: 'no-eval', message: 'eval can be harmful.', location: { path: 'src/a.ts', line: 3 }, ...over });
const sarifOf = (findings: Finding[], options?: SarifOptions) =>
  sarif(aVerdict([aStage('lint', 'eslint', findings)]), options);
const read = (text: string) => readBase('base.sarif', Buffer.from(text));

/** The states of the current findings, and the rules of those that the base alone has. */
function compare(base: Finding[], current: Finding[]) {
  const before = read(sarifOf(base));
  const now = marked('lint', current, before);
  const found = new Set(now.map(({ fingerprint }) => fingerprint));
  return [
    now.map(({ baseline }) => baseline),
    [...before.known].filter(([mark]) => !found.has(mark)).map(([, { rule }]) => rule),
  ];
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
    assert.deepEqual(fingerprints('lint', some), fingerprints('lint', some.toReversed()).toReversed());
  });

  it('says how many findings the base leaves out', () => {
    assert.equal(read(sarifOf([finding(), finding({ rule: 'x' })], { most: 1 })).leftOut, 1);
  });

  it('knows what another tool reported of the same advisory', () => {
    const also = { stage: 'sast', tool: 'other', rule: 'GHSA-x', severity: 'high', fingerprint: 'f:1' } as const;
    const stage = aStage('lint', 'eslint', [finding()]);
    const base = aVerdict([{ ...stage, findings: stage.findings.map((one) => ({ ...one, alsoFoundBy: [also] })) }]);
    assert.deepEqual(
      [...read(sarif(base)).known.values()].map(({ stage: name, tool, rule }) => [name, tool, rule]),
      [
        ['lint', 'trivy', 'no-eval'],
        ['sast', 'other', 'GHSA-x'],
      ],
    );
  });

  it('takes a base that found nothing, but none in which no stage ran', () => {
    assert.equal(read(sarifOf([])).known.size, 0);
    assert.throws(() => read(sarif(aVerdict([]))), { message: /^base\.sarif lists no tool/ });
  });

  it('refuses a base that is empty, truncated, or of another tool, found it something or not', () => {
    const text = sarifOf([finding()]);
    const given = (base: string) => () => read(base);
    assert.throws(given(''), { message: 'base.sarif is empty' });
    assert.throws(given(text.slice(0, 300)), { message: /^base\.sarif is truncated/ });
    assert.throws(given(text.replaceAll('"sluice/v1"', '"other/v1"')), { message: /without a fingerprint or a stage/ });
    assert.throws(given(text.replaceAll('"sluice/stage": "lint"', '"x": ""')), {
      message: /without a fingerprint or a/,
    });
    assert.throws(given(sarifOf([]).replaceAll('sluice/verdict', 'verdict')), {
      message: /eslint wrote it, not Sluice/,
    });
    assert.throws(given('{"version":"2.0.0","runs":[]}'), { name: 'UnreadableReport' });
    for (const foreign of ['eslint.sarif', 'semgrep.sarif', 'semgrep-clean.sarif', 'sast-clean.sarif']) {
      assert.throws(given(reportText(`sarif/${foreign}`)), { name: 'UnreadableReport' }, foreign);
    }
  });
});
