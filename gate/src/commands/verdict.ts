/** `sluice verdict`: shows a verdict that is there already. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes } from '../model.ts';
import { hasColours, renderTerminal } from '../render/terminal.ts';
import { pageFile, readVerdict } from '../verdict-file.ts';
import type { Command } from './command.ts';

export default {
  name: 'verdict',
  summary: 'show the verdict in a reports folder again',
  usage: `Usage: sluice verdict [--reports DIR]

Prints the table of DIR/verdict.json and ends with its exit code: 0 passed, 1 failed, 3 broken; 2 where there is none.

  --reports DIR    (default: reports)`,

  async run(args) {
    const { values } = parseArgs({ args, options: { reports: { type: 'string', default: 'reports' } } });
    const verdict = await readVerdict(values.reports);
    const page = join(values.reports, pageFile);
    process.stdout.write(renderTerminal(verdict, { colours: hasColours(process.stdout), page }));
    return exitCodes[verdict.status];
  },
} satisfies Command;
