/** Checks a request against its operation's schemas, all parts at once, before the handler runs. */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { OperationOptions } from './operation.js';
import { invalidRequest } from './problem.js';
import type { FieldError } from './problem.js';

/**
 * Makes the check of an operation's requests: path, query, headers and body, each but the headers replaced by what its schema makes of it
 * (defaults, numbers, instants).
 *
 * The check throws a {@link Problem}, 400, that names every field that is wrong, in whichever part. The schemas are compiled for the first
 * request, which takes a millisecond each: a start should not.
 */
export function validation(operation: OperationOptions): (request: FastifyRequest) => void {
  let compiled: Schemas | undefined;
  return (request) => {
    const { params, query, headers, body } = (compiled ??= compile(operation));
    let errors: FieldError[] | undefined;
    if (params) {
      const result = params.safeParse(request.params);
      if (result.success) request.params = result.data;
      else (errors ??= []).push(...fieldErrors('path', result.error));
    }
    if (query) {
      const result = query.safeParse(request.query);
      if (result.success) request.query = result.data;
      else (errors ??= []).push(...fieldErrors('query', result.error));
    }
    if (headers) {
      const result = headers.safeParse(request.headers);
      if (!result.success) (errors ??= []).push(...fieldErrors('header', result.error));
    }
    if (body) {
      const result = body.safeParse(request.body);
      if (result.success) request.body = result.data;
      else (errors ??= []).push(...fieldErrors('body', result.error));
    }
    if (errors) throw invalidRequest(errors);
  };
}

type Schemas = Pick<OperationOptions, 'params' | 'query' | 'headers' | 'body'>;

function compile({ params, query, headers, body }: Schemas): Schemas {
  return {
    ...(params && { params: z.compile(params) }),
    ...(query && { query: z.compile(query) }),
    ...(headers && { headers: z.compile(headers) }),
    ...(body && { body: z.compile(body) }),
  };
}

/** One error a field; an unknown field is an error of its own at its own place. */
function fieldErrors(part: FieldError['in'], { issues }: z.ZodError): FieldError[] {
  return issues.flatMap((issue): FieldError[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ in: part, pointer: pointer([...issue.path, key]), detail: 'is not a known field' }))
      : [{ in: part, pointer: pointer(issue.path), detail: inWords(issue) }],
  );
}

/** zod's own words, but for a field that is not there. */
function inWords({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && message.endsWith('received undefined') ? 'is required' : message;
}

/** A JSON pointer in its form as a URI fragment: `#/verdict/status`. */
function pointer(path: readonly PropertyKey[]): string {
  return `#${path.map((step) => `/${encodeURIComponent(wellFormed(String(step)).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
}

/** Keys come from clients and may hold lone surrogates, on which encodeURIComponent would throw. */
function wellFormed(key: string): string {
  return key.toWellFormed().slice(0, 128);
}
