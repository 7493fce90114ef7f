/** Judges the evidence of a row as the gate would, and compares it with what the row expects. */
import { join } from 'node:path';
import { collectEvidence } from '../evidence.ts';
import type { StageResult, StageStatus } from '../model.ts';
import { parsePolicy, policyFileName, type Policy } from '../policy.ts';
import type { StageDefinition } from '../stages/stage.ts';
import { decide } from '../verdict.ts';
import { type Fixture, type Row, rowName } from './rows.ts';

const usual: Record<Fixture, StageStatus> = { bad: 'failed', good: 'passed', sabotaged: 'broken' };

export interface Outcome {
  row: Row;
  expected: StageStatus;
  /** What came out, and why. */
  seen: StageStatus;
  reason: string;
  /** Why this is not what was expected; undefined where it is. */
  complaint?: string;
}

/** The policy of a row. */
export function policyOf(row: Row, day: string): Policy {
  return parsePolicy(Buffer.from(row.policy ?? ''), policyFileName, day);
}

/** `folder` is the reports folder of the row: the stage's own lies below it. */
export async function checkRow(row: Row, definition: StageDefinition, folder: string, day: string): Promise<Outcome> {
  const policy = policyOf(row, day);
  const own = policy.stages[row.stage];
  const evidence = await collectEvidence(join(folder, row.stage), definition, own, { directory: own.directory });
  const verdict = decide({
    stages: [{ definition, evidence }],
    policy,
    subject: { name: rowName(row), revision: 'unknown' },
    runner: 'dagger',
    only: [row.stage],
    day,
    finishedAt: new Date(),
  });
  return compare(row, verdict.stages[0]!);
}

function compare(row: Row, result: StageResult): Outcome {
  const { status: seen, reason } = result;
  const expected = row.expected ?? usual[row.fixture];
  const complaint = whyNot(row, expected, result);
  return { row, expected, seen, reason, ...(complaint !== undefined && { complaint }) };
}

function whyNot(
  { rule, reason: words }: Row,
  expected: StageStatus,
  { status, reason, findings }: StageResult,
): string | undefined {
  if (status !== expected) return `${expected} was expected, not ${status}`;
  const found = findings.map((one) => [one.rule, ...(one.aliases ?? [])]).flat();
  if (rule !== undefined && !found.includes(rule)) return `it found no ${rule}`;
  if (words !== undefined && !new RegExp(words).test(reason)) return `its reason does not say ${words}`;
  return undefined;
}
