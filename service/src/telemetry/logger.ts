/** The log: one JSON object a line on standard output, with the request's id in every line that a request causes. */
import { isNativeError } from 'node:util/types';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { currentRequestId } from './request-context.js';
import { redacted } from './redaction.js';

export type { Logger } from 'pino';

/** Token under which Nest injects the {@link Logger}. */
export const LOGGER = Symbol('logger');

const LEVELS: Readonly<Record<string, string>> = { trace: 'DEBUG', fatal: 'ERROR' };

/** The time of the last line: lines of one millisecond share the text of it. */
let lastTime = { at: NaN, text: '' };

/** Many lines leave in one write, which costs as much as all the rest of a small request. The process's end writes what is left; SIGKILL loses at most this much. */
const BATCH = { minLength: 8_192, periodicFlush: 100 } as const;

/**
 * Makes the log.
 *
 * @param level least severe level that is written: DEBUG, INFO, WARN or ERROR
 * @param destination where lines go; standard output by default, at most 100 ms later, without blocking the event loop
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ sync: false, ...BATCH }),
): Logger {
  return pino(
    {
      level: level.toLowerCase(),
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp,
      formatters: { level: (label) => ({ level: LEVELS[label] ?? label.toUpperCase() }) },
      mixin: (line) => {
        const request_id = 'request_id' in line ? undefined : currentRequestId();
        return request_id === undefined ? line : { request_id };
      },
      mixinMergeStrategy: (line, mixed) => (mixed === line ? line : { ...mixed, ...line }),
      serializers: { error: describeError },
    },
    destination,
  );
}

function timestamp(): string {
  const now = Date.now();
  if (now !== lastTime.at) lastTime = { at: now, text: `,"timestamp":"${new Date(now).toISOString()}"` };
  return lastTime.text;
}

/** What the log says of an error: its kind, message, SQLSTATE or system code, and stack, each freed of secrets. */
export function describeError(error: unknown): unknown {
  if (!isNativeError(error)) return redacted(String(error));
  return {
    type: error.name,
    message: redacted(error.message),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: redacted(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
