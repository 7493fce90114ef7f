/** Reads an OpenAPI 3 or Swagger 2 document in JSON as evidence: the operations that there are. Finds nothing. */
import { z } from 'zod';
import { operationsOf } from '../operations.ts';
import type { Reader } from './reader.ts';
import { type Report, UnreadableReport } from './report.ts';

const method = z.object({ responses: z.record(z.string(), z.unknown()).optional() });
const pathItem = z.object({
  get: method.optional(),
  put: method.optional(),
  post: method.optional(),
  delete: method.optional(),
  options: method.optional(),
  head: method.optional(),
  patch: method.optional(),
  trace: method.optional(),
});
const common = { paths: z.record(z.string(), pathItem) };
const document = z.union([
  z.object({
    openapi: z.string().regex(/^3\./),
    servers: z.array(z.object({ url: z.string() })).optional(),
    ...common,
  }),
  z.object({ swagger: z.literal('2.0'), basePath: z.string().optional(), ...common }),
]);

/** The description of an API, as far as anybody here needs it. */
export type ApiDescription = z.output<typeof document>;

export const openapi: Reader = {
  format: 'openapi',
  title: 'an OpenAPI document',

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && ('openapi' in value || 'swagger' in value);
  },

  read(report) {
    const operations = operationsOf(describedApi(report));
    return {
      format: this.format,
      tool: 'openapi',
      findings: [],
      evidence: [{ kind: 'operations', count: operations.length }],
    };
  },
};

/** @throws UnreadableReport for what is no OpenAPI 3 or Swagger 2 document */
export function describedApi(report: Report): ApiDescription {
  // A union's own message says only that no branch fits: ask for the shape and the version first.
  report.shaped(z.object({ paths: z.record(z.string(), pathItem) }), openapi.title);
  const result = document.safeParse(report.json());
  if (!result.success)
    throw new UnreadableReport(`${report.fileName} is of no version of OpenAPI known here (2.0, 3.x)`);
  return result.data;
}
