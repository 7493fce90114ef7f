/** `sluice checkout`: which commit a source tree is. */
import { parseArgs } from 'node:util';
import { readCheckout } from '../git/checkout.ts';
import type { Command } from './command.ts';

export default {
  name: 'checkout',
  summary: 'say which commit a source tree is, and what differs from it',
  usage: `Usage: sluice checkout [--source DIR] [--left-out PATTERN]…

Prints {commit, committedAt, changed} as JSON, {} outside git. Reads git's files itself: git is not needed. "changed" lists every
path that is not the commit's, files that git ignores included; it is missing where the commit's objects are not at hand.

  --source DIR          the repository (default: .)
  --left-out PATTERN    tracked files that match are not missed; "!" brings back; may be repeated`,

  run(args) {
    const { values } = parseArgs({
      args,
      options: {
        source: { type: 'string', default: '.' },
        'left-out': { type: 'string', multiple: true, default: [] },
      },
    });
    process.stdout.write(`${JSON.stringify(readCheckout(values.source, values['left-out']) ?? {})}\n`);
    return Promise.resolve(0);
  },
} satisfies Command;
