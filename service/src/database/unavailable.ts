/** Tells a database that cannot serve now, which is worth a retry, from a statement that is wrong, which is not. */

import { isNativeError } from 'node:util/types';

/** The database cannot serve the request now; whoever asked may try again. The message is for the log, not for clients. */
export class DatabaseUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'DatabaseUnavailable';
  }
}

/** SQLSTATEs, or their two-character classes, of a server that is overloaded, going down, starting or read-only. */
const PASSING_STATES: ReadonlySet<string> = new Set([
  '08', // connection exceptions
  '53', // insufficient resources: disk full, out of memory, too many connections
  '57', // operator intervention: shutdown, crash recovery, a cancelled statement
  '58', // system errors such as a failed write
  '25006', // read-only: a standby, or a server in failover
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
]);

/** SQLSTATEs of a database that may still be read and cannot be written: its disk is full or fails, or it is a standby. */
const WRITE_STATES: ReadonlySet<string> = new Set(['53100', '58030', '25006']);

const PASSING_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What pg and its pool say, without any code, when they give up on a server. */
const PASSING_MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Connection ended|Client has encountered a connection error|Client was closed/i;

/** Whether an error says that the database cannot serve now. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (!isNativeError(error)) return false;
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
    return error.errors.some(isUnavailable);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    PASSING_CODES.has(code) ||
    (code.length === 5 && (PASSING_STATES.has(code) || PASSING_STATES.has(code.slice(0, 2)))) ||
    PASSING_MESSAGES.test(error.message)
  );
}

/** Whether an error says that the database takes no writes now, whatever it does with reads. */
export function refusesWrites(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && WRITE_STATES.has(String(error.code));
}
