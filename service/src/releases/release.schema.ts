/** What a release looks like in requests and answers. */
import * as z from 'zod';
import { cursor, digest, instant, limit, recordedInstant, serviceName } from '../http/fields.js';

const DIGEST = `sha256:${'4f'.repeat(32)}`;
const COMMIT = '3f2a9c1d5b7e8f60718293a4b5c6d7e8f9012345';

/** The pipeline's severities. */
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info', 'unknown'] as const;

export const VERDICT_STATUSES = ['passed', 'failed', 'broken'] as const;

const commit = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full commit hash: 40 or 64 lower-case hexadecimal digits')
  .meta({ description: 'Hash of the commit it was built from.', example: COMMIT });

const verdictStatus = z
  .enum(VERDICT_STATUSES, `must be one of ${VERDICT_STATUSES.join(', ')}`)
  .meta({ description: 'What the pipeline made of it.', example: 'passed' });

const count = z.int32('must be a whole number').min(0);

const verdict = z.strictObject({
  status: verdictStatus,
  counts: z
    .strictObject(Object.fromEntries(SEVERITIES.map((name) => [name, count.optional()])))
    .meta({ description: 'Findings by severity.', example: { critical: 0, high: 0, medium: 2, low: 5 } }),
  policy: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')
    .meta({ description: 'SHA-256 of the policy that decided.', example: 'a1'.repeat(32) }),
  finishedAt: instant.meta({ description: 'When the verdict was made.', example: '2026-11-22T07:41:12.000Z' }),
});

/** The facts about an image, as `PUT` takes them. */
export const releaseFacts = z.strictObject({
  version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/, 'must be 1-128 characters of A-Za-z0-9._+-')
    .meta({ description: 'The version that people call it by.', example: '1.4.2' }),
  commit,
  committedAt: instant.meta({ description: 'When the commit was made.', example: '2026-11-22T07:30:00.000Z' }),
  repository: z
    .string()
    .max(300)
    .regex(
      /^(https?|ssh):\/\/([a-z]+@)?[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._~-]+)+$/,
      'must be an https, http or ssh URL without a password or a query',
    )
    .meta({ description: 'Where the source is.', example: 'https://github.com/acme/checkout' }),
  verdict,
  sbomDigest: digest
    .nullable()
    .default(null)
    .meta({ description: 'Digest of its bill of materials.', example: `sha256:${'5b'.repeat(32)}` }),
});
export type ReleaseFacts = z.output<typeof releaseFacts>;

/** A release as it is answered. */
export const release = z.object({
  service: z.string().meta({ example: 'checkout' }),
  digest: z.string().meta({ example: DIGEST }),
  version: z.string().meta({ example: '1.4.2' }),
  commit: z.string().meta({ example: COMMIT }),
  committedAt: recordedInstant,
  repository: z.string().meta({ example: 'https://github.com/acme/checkout' }),
  verdict: z.object({
    status: z.enum(VERDICT_STATUSES),
    counts: z.record(z.string(), z.int()),
    policy: z.string(),
    finishedAt: recordedInstant,
  }),
  sbomDigest: z.string().nullable(),
  recordedAt: recordedInstant,
  recordedBy: z.string().meta({ description: 'Name of the token that recorded it.', example: 'ci' }),
});
export type Release = z.output<typeof release>;

export const releasePage = z.object({ items: z.array(release) });

export const servicePath = z.strictObject({ service: serviceName });
export const releasePath = z.strictObject({
  service: serviceName,
  digest: digest.meta({ description: 'Digest of the image.', example: DIGEST }),
});
export type ReleasePath = z.output<typeof releasePath>;

export const releaseFilter = z.strictObject({
  verdict: verdictStatus.optional(),
  commit: commit.optional(),
  cursor: cursor.optional(),
  limit,
});
export type ReleaseFilter = z.output<typeof releaseFilter>;
