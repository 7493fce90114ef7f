/** Times on their way out of the database: RFC 3339 text in UTC with milliseconds, without a detour over Date objects. */
import pg from 'pg';
import type { CustomTypesConfig } from 'pg';

/**
 * Turns PostgreSQL's text for a timestamptz(3) in a UTC session (`2026-11-22 07:35:05.12+00`) into `2026-11-22T07:35:05.120Z`.
 *
 * @throws {RangeError} for text of another shape, such as a session in another time zone would give.
 */
export function toRfc3339(text: string): string {
  const seconds = text.length - 3;
  if (seconds < 19 || seconds > 23 || text.charCodeAt(10) !== 32 || !text.endsWith('+00')) {
    throw new RangeError(`not a UTC time of PostgreSQL's with at most milliseconds: ${text}`);
  }
  const fraction = seconds === 19 ? '.000' : text.slice(19, seconds).padEnd(4, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}Z`;
}

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;

/** The column types of every statement of the service: pg's own, but for times. */
export const rfc3339Types: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string): unknown =>
    oid === TIMESTAMPTZ && format !== 'binary' ? toRfc3339 : pg.types.getTypeParser(oid, format as 'text'),
};
