/** `sluice self-test`: shows that the gates bite, by projects whose verdict is known. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { today } from '../dates.ts';
import { interruptible } from '../host/interrupt.ts';
import { type RunnerName, UsageError } from '../model.ts';
import { printableLine } from '../render/escape.ts';
import { checkRow, type Outcome } from '../self-test/check.ts';
import { fixtures, rowName, rows, rowsOf } from '../self-test/rows.ts';
import { runRows } from '../self-test/run.ts';
import { chooseStages } from '../stages/index.ts';
import type { StageDefinition } from '../stages/stage.ts';
import type { Command } from './command.ts';

export default {
  name: 'self-test',
  summary: 'show that every gate bites: known-bad, known-good and sabotaged projects',
  usage: `Usage: sluice self-test [--stage NAME]…

Runs the stages that need no container on small projects that are known: a bad one must come out failed, for the right reason, a good
one passed, and one whose tool does not do its work broken. Prints a table; exit 1 if any gate did not bite. All stages, in
containers: dagger call self-test.

  --stage NAME     only this stage; may be repeated     (default: every stage that a bare machine can run)

For the Dagger module, which runs the rows itself:
  --plan           print the rows that Dagger runs, as JSON
  --evidence DIR   judge the evidence in DIR, a folder a row`,

  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        stage: { type: 'string', multiple: true },
        plan: { type: 'boolean', default: false },
        evidence: { type: 'string' },
      },
    });
    const { evidence } = values;
    const inDagger = values.plan || evidence !== undefined;
    const runner = inDagger ? 'dagger' : 'host';
    const stages = chooseStages(values.stage).filter((stage) => isShownBy(stage, runner));
    if (stages.length === 0)
      throw new UsageError('none of these stages runs without a container: dagger call self-test');
    const chosen = rowsOf(
      runner,
      stages.map(({ name }) => name),
    );
    const definition = (name: string) => stages.find((one) => one.name === name)!;
    const day = today();

    if (values.plan) {
      process.stdout.write(
        `${JSON.stringify(
          chosen.map((row) => ({ name: rowName(row), ...row })),
          null,
          2,
        )}\n`,
      );
      return 0;
    }
    if (evidence !== undefined) {
      const outcomes = chosen.map((row) => checkRow(row, definition(row.stage), join(evidence, rowName(row)), day));
      return conclude(stages, await Promise.all(outcomes));
    }
    return interruptible(async (signal) => {
      const progress = ({ row }: Outcome) => void process.stderr.write(`self-test: ${rowName(row)}\n`);
      const outcomes = await runRows(chosen, stages, { day, signal, done: progress });
      return signal.aborted ? 3 : conclude(stages, outcomes);
    });
  },
} satisfies Command;

/** A stage without any project is to be shown by every runner, so that it is missed. */
function isShownBy({ name, host }: StageDefinition, runner: RunnerName): boolean {
  const own = rows.filter(({ stage }) => stage === name);
  return (runner === 'dagger' || host) && (own.length === 0 || rowsOf(runner, [name]).length > 0);
}

/** Prints the table and gives the exit code. A stage that a row is missing of was not shown to bite. */
export function conclude(stages: readonly StageDefinition[], outcomes: readonly Outcome[]): number {
  const untried = stages.flatMap(({ name }) =>
    fixtures
      .filter((fixture) => !outcomes.some(({ row }) => row.stage === name && row.fixture === fixture))
      .map((fixture) => [name, fixture, '', '', `NOT SHOWN: there is no ${fixture} project for it`]),
  );
  const tried = outcomes.map(({ row, expected, seen, reason, complaint }) => [
    ...[row.stage, row.fixture, expected, seen],
    printableLine(complaint === undefined ? `as expected: ${reason}` : `NOT AS EXPECTED: ${complaint}: ${reason}`, 140),
  ]);
  const lines = [['stage', 'project', 'expected', 'seen', 'verdict'], ...tried, ...untried];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    process.stdout.write(
      `${line
        .map((cell, i) => (i === 4 ? cell : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  const wrong = outcomes.filter(({ complaint }) => complaint !== undefined).length + untried.length;
  const all = outcomes.length + untried.length;
  process.stdout.write(
    wrong === 0
      ? `self-test passed: ${all} of ${all} as expected\n`
      : `self-test failed: ${wrong} of ${all} not as expected\n`,
  );
  return wrong === 0 ? 0 : 1;
}
