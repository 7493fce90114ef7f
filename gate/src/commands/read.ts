/** `sluice read`: what the gate makes of one report, as JSON. */
import { once } from 'node:events';
import { readFile, realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chunks, jsonPieces } from '../json-pieces.ts';
import { exitCodes, UsageError } from '../model.ts';
import { readAny, readAs, readers, Report, UnreadableReport } from '../readers/index.ts';
import type { Command } from './command.ts';

export default {
  name: 'read',
  summary: 'show the findings and the evidence in one report of a tool',
  usage: `Usage: sluice read FILE [--format NAME] [--root DIR] [--directory DIR]

Prints what the gate makes of a report: {format, tool, findings, evidence} as JSON. The format is recognised by the content.
Exit 3 with one line for a report that is empty, truncated, of an unknown format, or says itself that it is not whole.

${readers.map(({ format, title }) => `  ${format.padEnd(18)}${title}`).join('\n')}

  --format NAME     read it as this format and no other
  --root DIR        paths below it are shown relative to it                        (default: .)
  --directory DIR   where below the root the tool ran: relative paths start there  (default: .)`,

  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        root: { type: 'string', default: '.' },
        directory: { type: 'string', default: '.' },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('read takes one file: sluice read FILE');
    if (values.format !== undefined && !readers.some(({ format }) => format === values.format)) {
      throw new UsageError(`--format takes ${readers.map(({ format }) => format).join(', ')}, not ${values.format}`);
    }
    const root = resolve(values.root);
    const options = { roots: [root, await realpath(root).catch(() => root)], directory: values.directory };
    const report = await open(file);
    try {
      const reading = values.format === undefined ? readAny(report, options) : readAs(values.format, report, options);
      for (const piece of chunks(jsonPieces(reading))) {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      }
      process.stdout.write('\n');
      if (reading.broken === undefined) return exitCodes.passed;
      process.stderr.write(`sluice: ${reading.broken}\n`);
    } catch (error) {
      if (!(error instanceof UnreadableReport)) throw error;
      process.stderr.write(`sluice: ${error.message}\n`);
    }
    return exitCodes.broken;
  },
} satisfies Command;

async function open(file: string): Promise<Report> {
  try {
    return new Report(basename(file), await readFile(file));
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
