/** `sluice image`: makes a built image reproducible and says which commit it is of. */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exitCodes, UsageError } from '../model.ts';
import { normalise } from '../oci/normalise.ts';
import type { Command } from './command.ts';

export default {
  name: 'image',
  summary: 'make a built image the same whenever it is built, and label it',
  usage: `Usage: sluice image --from FILE --to FILE [--created TIME] [--label KEY=VALUE]…

Reads an OCI layout (a tar archive) and writes one whose times are all the commit's, so that building the same commit again gives
the same digest. Layers that hold nothing younger, as a base image brings them, stay byte for byte. Prints the digest of the index.

  --from FILE          what was built
  --to FILE            where it goes
  --created TIME       the commit's date, RFC 3339          (default: 1970-01-01T00:00:00Z)
  --label KEY=VALUE    a label of every platform's image and an annotation of the index; may be repeated`,

  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        created: { type: 'string' },
        label: { type: 'string', multiple: true, default: [] },
      },
    });
    const { from, to, created } = values;
    if (from === undefined || to === undefined) throw new UsageError('image needs --from FILE and --to FILE');
    if (created !== undefined && Number.isNaN(Date.parse(created))) {
      throw new UsageError(`--created takes a time as RFC 3339 writes it, not ${created}`);
    }
    if (!statSync(from, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`cannot read ${from}: no such file`);
    const labels = values.label.map((label): [string, string] => {
      const at = label.indexOf('=');
      if (at < 1) throw new UsageError(`--label takes KEY=VALUE, not ${label}`);
      return [label.slice(0, at), label.slice(at + 1)];
    });
    try {
      const digest = await normalise(from, to, { labels: Object.fromEntries(labels), ...(created && { created }) });
      process.stdout.write(`${digest}\n`);
    } catch (error) {
      process.stderr.write(`sluice: ${from}: ${(error as Error).message}\n`);
      return exitCodes.broken;
    }
    return 0;
  },
} satisfies Command;
