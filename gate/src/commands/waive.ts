/** `sluice waive`: accepts a risk, in the ledger that sluice.yaml is. */
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { dayOr, daysBetween } from '../dates.ts';
import { withWaiver } from '../ledger.ts';
import { UsageError } from '../model.ts';
import { longestWaiverDays, waiverProblems } from '../policy-check.ts';
import { parsePolicy, policyFileName, type Waiver } from '../policy.ts';
import { plural } from '../reason.ts';
import { stages } from '../stages/index.ts';
import type { Command } from './command.ts';

export default {
  name: 'waive',
  summary: 'accept a risk: add a waiver to sluice.yaml',
  usage: `Usage: sluice waive ID --owner WHO --reason WHY --expires YYYY-MM-DD [FLAGS]

Adds a waiver to the policy and keeps its comments and layout. ID is what the tool calls the finding: a rule, a CVE, a GHSA. Nothing is
written when anything is wrong (exit 2): an unknown stage, a waiver that is there already, more than ${longestWaiverDays} days.

  --owner WHO          who answers for it
  --reason WHY         why it is acceptable
  --expires DAY        the last day it holds, at most ${longestWaiverDays} days ahead
  --stage NAME         only what this stage finds      (default: every stage's)
  --package NAME       only in this package            (default: in any)
  --path PATH          only in this file, or in this folder when it ends with a slash   (default: anywhere)
  --until fixed        holds only while the tool knows no fixed version
  --policy FILE        the policy                      (default: ${policyFileName} here)
  --today YYYY-MM-DD   the day that counts as today    (default: today, UTC)`,

  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        owner: { type: 'string' },
        reason: { type: 'string' },
        expires: { type: 'string' },
        stage: { type: 'string' },
        package: { type: 'string' },
        path: { type: 'string' },
        until: { type: 'string' },
        policy: { type: 'string', default: policyFileName },
        today: { type: 'string' },
      },
    });
    if (positionals.length !== 1)
      throw new UsageError('waive takes one ID: sluice waive ID --owner … --reason … --expires …');
    const { policy: file, today, ...given } = values;
    const day = dayOr(today);
    const waiver = { id: positionals[0]!, ...given } as Waiver;
    check(waiver, day);

    const path = await realpath(file).catch(() => file);
    const text = await textOf(path, file);
    const same = parsePolicy(Buffer.from(text), file, day).waivers.find((one) => isSame(one, waiver));
    if (same)
      throw new UsageError(`${file} has that waiver already, of ${same.owner} until ${same.expires}: change it there`);
    await replace(path, file, withWaiver(text, waiver, file, day));
    process.stdout.write(`${file}: ${waiver.id} is waived for ${plural(daysBetween(day, waiver.expires), 'days')}\n`);
    return 0;
  },
} satisfies Command;

function check(waiver: Waiver, day: string): void {
  const problems = waiverProblems(waiver, day);
  if (problems.length > 0)
    throw new UsageError(problems.map((line) => (line.startsWith('id') ? line : `--${line}`)).join('; '));
  if (waiver.expires < day) throw new UsageError(`--expires: ${waiver.expires} has passed`);
  if (stages.some(({ name, waivable }) => name === waiver.stage && !waivable)) {
    throw new UsageError(`--stage: what ${waiver.stage} finds can't be waived`);
  }
}

/** Two waivers of one risk: who answers for it, why and until when make no difference. */
function isSame(a: Waiver, b: Waiver): boolean {
  return (['id', 'stage', 'package', 'path'] as const).every((key) => a[key] === b[key]);
}

/** A policy that is not there yet is an empty one. */
async function textOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && file === policyFileName) return '';
    throw new UsageError(`cannot read ${file}: ${code === 'ENOENT' ? 'no such file' : code}`);
  }
}

/** In one step: whoever reads the policy meanwhile gets the old text or the new one. */
async function replace(path: string, file: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${policyFileName}.${process.pid}`);
  try {
    const mode = await stat(path).then(
      (entry) => entry.mode & 0o777,
      () => 0o644,
    );
    await writeFile(beside, text, { mode });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
