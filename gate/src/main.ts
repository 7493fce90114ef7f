/** The entry point of `sluice`. */
import { run } from './cli.ts';

// `sluice gate | head` closes the pipe early: no reason to complain, and the exit code stays the verdict's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await run(process.argv.slice(2));
