/** What the DORA figures look like. */
import * as z from 'zod';
import { environmentName, instant, recordedInstant } from '../http/fields.js';

export const doraQuery = z.strictObject({
  environment: environmentName,
  from: instant.optional().meta({
    description: 'Begin of the period, included; 30 days before its end by default.',
    type: 'string',
    format: 'date-time',
    example: '2026-11-01T00:00:00Z',
  }),
  to: instant.optional().meta({
    description: 'End of the period, not included; now by default.',
    type: 'string',
    format: 'date-time',
    example: '2026-12-01T00:00:00Z',
  }),
});
export type DoraQuery = z.output<typeof doraQuery>;

const deployments = z.int().meta({ description: 'How many deployments this is made of.', example: 12 });
const figure = (description: string, example: number) => z.number().nullable().meta({ description, example });

export const dora = z.object({
  service: z.string().meta({ example: 'checkout' }),
  environment: z.string().meta({ example: 'production' }),
  from: recordedInstant,
  to: recordedInstant,
  deploymentFrequency: z.object({ perDay: figure('Changes that succeeded, a day.', 0.4), deployments }),
  leadTimeForChanges: z.object({
    p50Seconds: figure('Half of the changes were live within this time after their commit.', 5_400),
    p90Seconds: figure('Nine out of ten were.', 86_400),
    deployments,
  }),
  changeFailureRate: z.object({
    ratio: figure('Share of the changes that failed, were rolled back, or were followed by a rollback.', 0.08),
    deployments,
  }),
  timeToRestore: z.object({ p50Seconds: figure('Half of the failures were over within this time.', 900), deployments }),
});
export type Dora = z.output<typeof dora>;
