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

/**
 * Makes the log.
 *
 * @param level least severe level that is written: DEBUG, INFO, WARN or ERROR
 * @param destination where lines go; standard output by default, written without blocking the event loop
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ sync: false }),
): Logger {
  return pino(
    {
      level: level.toLowerCase(),
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: LEVELS[label] ?? label.toUpperCase() }) },
      mixin: () => {
        const request_id = currentRequestId();
        return request_id === undefined ? {} : { request_id };
      },
      serializers: { error: describeError },
    },
    destination,
  );
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
