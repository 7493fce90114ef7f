/** What a deployment and an environment look like in requests and answers. */
import * as z from 'zod';
import { cursor, digest, environmentName, limit, recordedInstant, serviceName, text } from '../http/fields.js';

const DIGEST = `sha256:${'4f'.repeat(32)}`;
const ID = '0c9d8a52-5c0e-4a6e-9a55-1f0f6a3f7a10';

export const KINDS = ['deploy', 'rollback'] as const;
export const OUTCOMES = ['succeeded', 'failed', 'rolled_back'] as const;
export const STATUSES = ['running', ...OUTCOMES, 'abandoned'] as const;

const kind = z
  .enum(KINDS, `must be ${KINDS.join(' or ')}`)
  .meta({ description: 'Whether it brings a change or takes one back.', example: 'deploy' });

/** What starting one takes. */
export const deploymentStart = z.strictObject({
  digest: digest.meta({ description: 'Digest of the release; its verdict must be `passed`.', example: DIGEST }),
  actor: text(128).meta({ description: 'Who or what deploys.', example: 'jane@acme.example' }),
  kind,
});
export type DeploymentStart = z.output<typeof deploymentStart>;

/** What finishing one takes: a bad end needs a reason. */
export const deploymentFinish = z.discriminatedUnion(
  'outcome',
  [
    z.strictObject({ outcome: z.literal('succeeded'), reason: text(1_000).optional() }),
    z.strictObject({
      outcome: z.enum(['failed', 'rolled_back']),
      reason: text(1_000).meta({ description: 'What went wrong.', example: 'health check failed after 60 s' }),
    }),
  ],
  `must be one of ${OUTCOMES.join(', ')}`,
);
export type DeploymentFinish = z.output<typeof deploymentFinish>;

export const deploymentHeaders = z.looseObject({
  'idempotency-key': z
    .string('is required: any text that names this attempt, so that repeating it is safe')
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1-255 visible ASCII characters')
    .meta({
      description:
        'Names this attempt: the same key with the same body returns the first answer. Keys are never forgotten.',
      example: 'run-4711-production',
    }),
});

export const deployment = z.object({
  id: z.string().meta({ format: 'uuid', example: ID }),
  service: z.string().meta({ example: 'checkout' }),
  environment: z.string().meta({ example: 'production' }),
  digest: z.string().meta({ example: DIGEST }),
  kind: z.enum(KINDS),
  actor: z.string().meta({ example: 'jane@acme.example' }),
  status: z.enum(STATUSES).meta({ description: '`abandoned` was taken over after its time-out.' }),
  startedAt: recordedInstant,
  startedBy: z.string().meta({ description: 'Name of the token that started it.', example: 'ci' }),
  finishedAt: recordedInstant.nullable(),
  finishedBy: z.string().nullable().meta({ description: 'Name of the token that finished it.' }),
  reason: z.string().nullable(),
  tookOver: z
    .string()
    .nullable()
    .meta({ format: 'uuid', description: 'The deployment that was abandoned so that this one could start.' }),
});
export type Deployment = z.output<typeof deployment>;

export const deploymentPage = z.object({ items: z.array(deployment) });

export const environmentPath = z.strictObject({ service: serviceName, environment: environmentName });
export type EnvironmentPath = z.output<typeof environmentPath>;

export const deploymentPath = z.strictObject({
  id: z.uuid('must be a UUID').toLowerCase().meta({ description: 'Id of the deployment.', example: ID }),
});

export const deploymentFilter = z.strictObject({
  status: z
    .enum(STATUSES, `must be one of ${STATUSES.join(', ')}`)
    .optional()
    .meta({ description: 'Only deployments with this status.', example: 'succeeded' }),
  cursor: cursor.optional(),
  limit,
});
export type DeploymentFilter = z.output<typeof deploymentFilter>;

const deployed = z.object({
  digest: z.string().meta({ example: DIGEST }),
  version: z.string().meta({ example: '1.4.2' }),
  deployment: z.string().meta({ format: 'uuid', example: ID }),
  kind: z.enum(KINDS),
  actor: z.string().meta({ example: 'jane@acme.example' }),
  since: recordedInstant,
});

export const environment = z.object({
  service: z.string().meta({ example: 'checkout' }),
  environment: z.string().meta({ example: 'production' }),
  current: deployed.nullable().meta({ description: 'What runs now: the last deployment that succeeded.' }),
  lastGood: deployed.nullable().meta({
    description: 'Where to go back to: the last other release that succeeded before and was not itself rolled back.',
  }),
  running: z
    .object({
      deployment: z.string().meta({ format: 'uuid' }),
      digest: z.string(),
      actor: z.string(),
      startedAt: recordedInstant,
    })
    .nullable()
    .meta({ description: 'The deployment under way, if there is one.' }),
});
export type EnvironmentState = z.output<typeof environment>;

export const environmentList = z.object({ items: z.array(environment) });
