/** Ctrl-C and SIGTERM as an AbortSignal: whoever started something ends it, and only then do we. */

/**
 * Runs `work` with a signal that aborts on SIGINT, SIGTERM or SIGHUP.
 * @returns what `work` gives, or 128 + the signal's number when it was interrupted, after one line on stderr
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let code: number | undefined;
  const interrupt = (signal: NodeJS.Signals, number: number) => {
    // Impatient second strokes change nothing: the tools are being ended, by force after five seconds.
    code ??= 128 + number;
    if (!controller.signal.aborted) process.stderr.write(`\nsluice: ${signal}, ending what runs …\n`);
    controller.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  try {
    const result = await work(controller.signal);
    return code ?? result;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', interrupt);
  }
}
