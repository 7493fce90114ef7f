import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Finding, severities, type Severity } from './model.ts';
import { countBySeverity, inOrder, rank } from './severity.ts';

const finding = (severity: Severity, path?: string, line?: number): Finding => ({
  tool: 't',
  rule: 'r',
  severity,
  message: 'm',
  ...(path && { location: { path, ...(line && { line }) } }),
});

describe('severities', () => {
  it('rank from critical to info, and an unknown one with high: it must not slip under a threshold', () => {
    assert.deepEqual(
      severities.toSorted((a, b) => rank(a) - rank(b)),
      ['critical', 'high', 'unknown', 'medium', 'low', 'info'],
    );
    assert.equal(rank('unknown'), rank('high'));
  });

  it('are counted, those without a finding left out', () => {
    assert.deepEqual(countBySeverity([finding('low'), finding('high'), finding('low')]), { high: 1, low: 2 });
    assert.deepEqual(countBySeverity([]), {});
  });

  it('order findings, then their place', () => {
    const expected = [
      finding('high', 'a', 2),
      finding('high', 'a', 10),
      finding('high', 'b', 1),
      finding('low'),
      finding('low', 'a'),
    ];
    assert.deepEqual(inOrder(expected.toReversed()), expected);
  });
});
