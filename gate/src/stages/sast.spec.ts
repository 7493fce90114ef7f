/** What the stage's report says to the gate. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { read } from '../../test/report-file.ts';

it('marks a finding that a comment beside it wants overlooked', () => {
  const { findings, evidence } = read('sarif/sast-findings.sarif');
  assert.deepEqual(
    findings.map(({ rule, severity, cwe, suppressed }) => ({ rule, severity, cwe, suppressed })),
    [
      { rule: 'command-injection', severity: 'critical', cwe: [78], suppressed: true },
      { rule: 'code-injection', severity: 'critical', cwe: [94], suppressed: true },
    ],
  );
  assert.deepEqual(evidence.slice(0, 2), [
    { kind: 'files', count: 3 },
    { kind: 'rules', count: 23 },
  ]);
});
