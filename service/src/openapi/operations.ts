/** Describes the operations that controllers declare, in the words of @nestjs/swagger. Loaded when somebody asks for the document. */
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import * as z from 'zod';
import { declaredOperations } from '../http/operation.js';
import type { OperationOptions } from '../http/operation.js';
import { PROBLEM_KINDS } from '../http/problem.js';
import { exampleOf } from './example.js';

let describedSoFar = 0;

/** Gives @nestjs/swagger's decorators to every operation that has none yet. At start they would cost as much as making all controllers. */
export function describeOperations(): void {
  for (const { declare, options } of declaredOperations().slice(describedSoFar)) {
    for (const decorator of decoratorsOf(options)) declare(decorator);
    describedSoFar += 1;
  }
}

function decoratorsOf(options: OperationOptions): MethodDecorator[] {
  const { tag, summary, description, scope, params, query, headers, body, responses } = options;
  const decorators: MethodDecorator[] = [
    ApiTags(tag),
    ApiOperation({ summary, ...(description ? { description } : {}) }),
  ];
  if (scope) decorators.push(ApiBearerAuth());
  for (const [name, field] of fields(params)) decorators.push(ApiParam({ name, ...describe(field) }));
  for (const [name, field] of fields(query)) {
    decorators.push(ApiQuery({ name, required: !field.safeParse(undefined).success, ...describe(field) }));
  }
  for (const [name, field] of fields(headers)) {
    decorators.push(ApiHeader({ name, required: !field.safeParse(undefined).success, ...describe(field) }));
  }
  if (body) decorators.push(ApiBody({ required: true, schema: withExample(toJsonSchema(body, 'input')) as never }));
  for (const [status, { description: text, schema, headers: names }] of Object.entries(responses)) {
    decorators.push(
      ApiResponse({
        status: Number(status),
        description: text,
        ...(schema ? { schema: withExample(toJsonSchema(schema, 'output')) } : {}),
        headers: responseHeaders(names),
      } as never),
    );
  }
  for (const [status, text] of Object.entries(problems(options))) {
    decorators.push(
      ApiResponse({
        status: Number(status),
        description: text,
        headers: responseHeaders(RETRIED.has(status) ? { 'Retry-After': 'Seconds after which to try again.' } : {}),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      } as never),
    );
  }
  return decorators;
}

const RETRIED: ReadonlySet<string> = new Set(['429', '503']);

/** The problems an operation may answer, described, by status. */
function problems(options: OperationOptions): Record<string, string> {
  const described: Record<string, string> = {};
  if (options.params ?? options.query ?? options.headers ?? options.body) {
    described['400'] = PROBLEM_KINDS['invalid-request'];
  }
  if (options.scope) {
    described['401'] = 'A token is needed, or the one given is not known.';
    described['403'] = `The token has not the scope ${options.scope}.`;
  }
  if (options.body) {
    described['413'] = 'The body is larger than the service accepts.';
    described['415'] = 'The body is not application/json.';
  }
  if (options.scope && options.scope !== 'read')
    described['429'] = 'This token has made too many writes in the last minute.';
  for (const [status, kinds] of Object.entries(options.problems ?? {})) {
    described[status] = typeof kinds === 'string' ? kinds : kinds.map((kind) => PROBLEM_KINDS[kind]).join(' Or: ');
  }
  if (options.scope) described['503'] = PROBLEM_KINDS['database-unavailable'];
  return described;
}

function fields(object: z.ZodObject | undefined): [string, z.ZodType][] {
  return Object.entries(object?.shape ?? {}) as [string, z.ZodType][];
}

function withExample(schema: Record<string, unknown>): Record<string, unknown> {
  return { ...schema, example: exampleOf(schema) };
}

/** A parameter's schema with its description lifted out of it, which is where OpenAPI wants it. */
function describe(field: z.ZodType): Record<string, unknown> {
  const { description, ...schema } = toJsonSchema(field, 'input');
  return { description, schema };
}

function responseHeaders(names: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const all = { 'X-Request-ID': "The request's id, as in the log.", ...names };
  return Object.fromEntries(
    Object.entries(all).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

/** The JSON Schema of a zod schema, in the dialect of OpenAPI 3.0. */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Numbers in a query arrive as text that is checked by a pattern; clients are told the number that is meant.
      if (jsonSchema.type === 'integer') delete jsonSchema.pattern;
    },
  });
}
