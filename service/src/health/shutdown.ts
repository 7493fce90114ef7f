/** Ends the process in good order: first be seen to go, then finish what is under way, then close. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Configuration } from '../configuration.js';
import type { Logger } from '../telemetry/logger.js';
import type { Lifecycle } from './lifecycle.js';

type Settings = Pick<Configuration, 'DRAIN_MS' | 'SHUTDOWN_TIMEOUT_MS'>;

/**
 * Ends the process on SIGTERM and SIGINT: exit 0 when all requests in flight were answered, 1 when SHUTDOWN_TIMEOUT_MS passed first.
 *
 * On SIGTERM requests are still taken for DRAIN_MS, because a load balancer goes on sending them until its next probe;
 * on SIGINT, a person's Ctrl-C, there is none to wait for.
 */
export function endOnSignals(
  application: INestApplicationContext,
  lifecycle: Lifecycle,
  settings: Settings,
  logger: Logger,
): void {
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (lifecycle.draining) return;
    lifecycle.drain();
    logger.info({ signal }, 'draining');
    setTimeout(() => {
      logger.error(
        { signal, timeout_ms: settings.SHUTDOWN_TIMEOUT_MS },
        'requests are still open, ending all the same',
      );
      exit(logger, 1);
    }, settings.SHUTDOWN_TIMEOUT_MS);
    if (signal === 'SIGTERM') await sleep(settings.DRAIN_MS);
    await application.close();
    logger.info({ signal }, 'ended');
    exit(logger, 0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      end(signal).catch((error: unknown) => {
        logger.error({ error }, 'could not close in good order');
        exit(logger, 1);
      });
    });
  }
}

/** Exits once the log is written; at once if nobody reads it any more. */
function exit(logger: Logger, code: number): void {
  setTimeout(() => process.exit(code), 500);
  logger.flush(() => process.exit(code));
}
