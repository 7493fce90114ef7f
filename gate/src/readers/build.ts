/** Reads `build.json`, which the stage build itself writes: what came of a build, the application's files or an image. */
import { z } from 'zod';
import type { Finding } from '../model.ts';
import type { Reader } from './reader.ts';

const count = z.int().min(0);
const common = { kind: z.literal('sluice/build/v1'), files: count, sizeBytes: count, failure: z.string().optional() };
const built = z.discriminatedUnion('what', [
  z.object({ ...common, what: z.literal('application') }),
  z.object({
    ...common,
    what: z.literal('image'),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .optional(),
    platforms: z.array(z.string()).optional(),
  }),
]);

export const build: Reader = {
  format: 'build',
  title: "the build stage's JSON",

  recognises(report) {
    const value = report.jsonIfAny();
    return (
      typeof value === 'object' && value !== null && 'kind' in value && String(value.kind).startsWith('sluice/build/')
    );
  },

  read(report) {
    const result = report.shaped(built, this.title);
    const findings: Finding[] =
      result.failure === undefined
        ? []
        : [
            {
              tool: 'build',
              rule: 'build failed',
              severity: 'high',
              message: result.failure.trim() || 'no reason given',
            },
          ];
    const image = result.what === 'image';
    const nameless = image && result.failure === undefined && !result.digest;
    return {
      format: this.format,
      tool: 'build',
      findings,
      // A build that failed was tried: it is no build of nothing.
      evidence:
        findings.length > 0
          ? [{ kind: 'failed builds', count: 1 }]
          : [
              { kind: image ? 'layers' : 'files', count: result.files },
              { kind: 'bytes', count: result.sizeBytes },
            ],
      ...(image && result.digest && { builtImage: { digest: result.digest, platforms: result.platforms ?? [] } }),
      ...(nameless && { broken: 'an image without a digest' }),
    };
  },
};
