/** `sluice pull`: a published image as an archive. */
import { parseArgs } from 'node:util';
import { UsageError } from '../model.ts';
import { parseReference, shown } from '../oci/reference.ts';
import { connected, connectionOptions } from '../release/connection.ts';
import { pullImage } from '../release/pull.ts';
import { resolveImage } from '../release/verify.ts';
import type { Command } from './command.ts';

export default {
  name: 'pull',
  summary: 'bring a published image back as an archive, to judge it again',
  usage: `Usage: sluice pull --image HOST/PATH@sha256:DIGEST --to FILE [--username NAME --password-file FILE]

Writes an OCI layout (a tar archive) with every platform of the image, each part checked by its digest, and prints the image by digest.
Plain HTTP needs http:// before the host. Exit code 1 where it can't be had.`,

  async run(args) {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: { ...connectionOptions, image: { type: 'string' }, to: { type: 'string' } },
    });
    const { image, to } = values;
    if (!image || !to) throw new UsageError('pull needs --image HOST/PATH@sha256:DIGEST and --to FILE');
    const reference = parseReference(image);
    return connected(reference, values, async ({ registry }) => {
      const digest = await resolveImage(registry, reference);
      await pullImage(registry, digest, to);
      process.stdout.write(`${shown(reference)}@${digest}\n`);
      return 0;
    });
  },
} satisfies Command;
