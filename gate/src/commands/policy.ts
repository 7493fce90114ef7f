/** `sluice policy check`: is sluice.yaml right? */
import { parseArgs } from 'node:util';
import { dayOr } from '../dates.ts';
import { UsageError } from '../model.ts';
import { loadPolicy, policyFileName } from '../policy.ts';
import type { Command } from './command.ts';

export default {
  name: 'policy',
  summary: 'check sluice.yaml',
  usage: `Usage: sluice policy check [FILE] [--today YYYY-MM-DD] [--json]

Checks the policy and prints its hash, or one line for each mistake: file, line, key, what is allowed (exit 2).

  FILE             (default: ${policyFileName} here)
  --today DAY      the day from which the 180 days of a waiver count  (default: today, UTC)
  --json           print the policy with all its defaults instead`,

  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { today: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [action, file = policyFileName, ...more] = positionals;
    if (action !== 'check' || more.length > 0)
      throw new UsageError('policy takes one action: sluice policy check [FILE]');
    const policy = await loadPolicy('.', dayOr(values.today), file);
    const waivers = policy.waivers.length;
    const summary = `${file}: ok, ${waivers} ${waivers === 1 ? 'waiver' : 'waivers'}, sha256 ${policy.sha256}`;
    process.stdout.write(`${values.json ? JSON.stringify(policy, null, 2) : summary}\n`);
    return 0;
  },
} satisfies Command;
