/** `sluice waivers`: the ledger of accepted risks, and which of them need a person's eye. */
import { parseArgs } from 'node:util';
import { dayOr, daysBetween } from '../dates.ts';
import type { JudgedFinding, StageName, Verdict } from '../model.ts';
import { loadPolicy, policyFileName, type Waiver } from '../policy.ts';
import { printableLine } from '../render/escape.ts';
import { readVerdict } from '../verdict-file.ts';
import { names, warningDays } from '../waive.ts';
import type { Command } from './command.ts';

type State = 'active' | 'expiring' | 'expired' | 'stale';

export default {
  name: 'waivers',
  summary: 'list the accepted risks and how long they hold',
  usage: `Usage: sluice waivers [--policy FILE] [--reports DIR] [--json]

Lists the waivers of the policy. States: active; expiring, within ${warningDays} days; expired, so that its findings count again; stale, where a
verdict is given in which it matches nothing: remove it.

  --policy FILE        the policy                                        (default: ${policyFileName} here)
  --reports DIR        the folder of a verdict.json that shows what is stale  (default: none, nothing is called stale)
  --json               a list of {id, stage, package, path, owner, reason, expires, until, daysLeft, state} instead of a table
  --today YYYY-MM-DD   the day on which they hold or not                 (default: today, UTC)`,

  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        policy: { type: 'string' },
        reports: { type: 'string' },
        json: { type: 'boolean', default: false },
        today: { type: 'string' },
      },
    });
    const day = dayOr(values.today);
    const { waivers, file = policyFileName } = await loadPolicy('.', day, values.policy);
    const verdict = values.reports === undefined ? undefined : await readVerdict(values.reports);
    const rows = waivers.map((waiver) => {
      const daysLeft = daysBetween(day, waiver.expires);
      return { ...waiver, daysLeft, state: stateOf(waiver, daysLeft, verdict) };
    });
    if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else if (rows.length === 0) process.stdout.write(`${file} waives nothing\n`);
    else process.stdout.write(table(rows));
    return 0;
  },
} satisfies Command;

function stateOf(waiver: Waiver, daysLeft: number, verdict: Verdict | undefined): State {
  if (verdict && isStale(waiver, verdict)) return 'stale';
  if (daysLeft < 0) return 'expired';
  return daysLeft <= warningDays ? 'expiring' : 'active';
}

/** Only where every stage that it may be about has looked: one that left no evidence may have the finding still. */
function isStale(waiver: Waiver, { stages, waived, only }: Verdict): boolean {
  const about = stages.filter(({ stage }) => waiver.stage === undefined || waiver.stage === stage);
  const looked = about.every(({ status }) => status === 'passed' || status === 'failed');
  if (about.length === 0 || !looked || (waiver.stage === undefined && only)) return false;
  const matches = (stage: StageName, finding: JudgedFinding) =>
    names(waiver, stage, finding) ||
    (finding.alsoFoundBy ?? []).some((other) => names(waiver, other.stage, { ...finding, rule: other.rule }));
  return !(
    stages.some(({ stage, findings }) => findings.some((finding) => matches(stage, finding))) ||
    waived.some(({ stage, finding }) => matches(stage, finding))
  );
}

function table(rows: (Waiver & { daysLeft: number; state: State })[]): string {
  const cells = rows.map(({ id, stage = 'any', package: pack, path, owner, expires, daysLeft, state }) =>
    [id, stage, [pack, path].filter(Boolean).join(' in ') || 'anywhere', owner, expires, String(daysLeft), state].map(
      (one) => printableLine(one, 60),
    ),
  );
  const lines = [['id', 'stage', 'where', 'owner', 'until', 'days left', 'state'], ...cells];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => (column === 5 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
