/** The kinds of field that several resources share, as zod schemas with the words and examples that the API's document shows. */
import * as z from 'zod';
import { CURSOR } from './cursor.js';

/** Text that people write: no control characters (PostgreSQL cannot store NUL) and no lone surrogates. */
export const text = (maximum: number) =>
  z
    .string()
    .min(1)
    .max(maximum)
    // eslint-disable-next-line no-control-regex -- control characters are what it is about
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

const label = (what: string) =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, `must be a ${what}'s name: 1-63 characters of a-z, 0-9 and -`);

export const serviceName = label('service').meta({ description: 'Name of the service.', example: 'checkout' });

export const environmentName = label('environment').meta({
  description: 'Name of the environment.',
  example: 'production',
});

export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hexadecimal digits');

/** How the service itself writes a moment, and most clients do, too. */
const CANONICAL = /\.\d{3}Z$/;

/** A moment: RFC 3339 with an offset, from 1970 to 2999, kept to the millisecond. */
export const instant = z
  .string()
  .regex(/^(19[7-9]\d|2\d{3})-/, 'must be a time from 1970 to 2999')
  .pipe(z.iso.datetime({ offset: true, error: 'must be an existing time in RFC 3339, such as 2026-11-22T07:35:05Z' }))
  .transform((value) => (CANONICAL.test(value) ? value : new Date(value).toISOString()))
  .meta({ type: 'string', format: 'date-time' });

/** A moment as the service writes it. */
export const recordedInstant = z.string().meta({ format: 'date-time' });

export const cursor = z.string().regex(CURSOR, 'must be the cursor of a Link header').meta({
  description: 'Where to go on: the cursor of the `Link: rel="next"` header. It is opaque.',
});

export const limit = z
  .string()
  .regex(/^([1-9]\d?|1\d\d|200)$/, 'must be a whole number from 1 to 200')
  .transform(Number)
  .default(50)
  .meta({ description: 'Most items on a page.', type: 'integer', minimum: 1, maximum: 200, default: 50, example: 50 });
