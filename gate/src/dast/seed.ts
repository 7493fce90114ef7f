/**
 * The seed: what the target must hold before a scan makes sense, and the requests that the examples of its OpenAPI document can't show.
 * `prepare` is sent by Sluice itself, in order, and may save values of the answers; `scan` is sent by the scanner, with those values.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../model.ts';

const name = z.string().regex(/^[A-Za-z_]\w*$/, 'must be a name of letters, digits and underscores');
const request = z.strictObject({
  /** "POST /v1/things?dry=1" */
  request: z.string().regex(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*$/, 'must be "METHOD /path"'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent as it is where it is text, else as JSON. */
  body: z.unknown().optional(),
});
const seedFile = z.strictObject({
  prepare: z.array(request.extend({ save: z.record(name, z.string().startsWith('/')).default({}) })).default([]),
  scan: z.array(request).default([]),
});

export type Seed = z.output<typeof seedFile>;
type Written = Seed['scan'][number];

/** A request with every variable filled in. */
export interface SeedRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** Values by name: `${NAME}` in the seed stands for them. */
export type Variables = Record<string, string>;

/** @throws UsageError that names file and place */
export async function readSeed(file: string, shown: string): Promise<Seed> {
  let value: unknown;
  try {
    value = parse(await readFile(file, 'utf8'), { schema: 'core' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${shown}: stages.dast.seed can't be read: ${code ?? message.split('\n')[0]}`);
  }
  const result = seedFile.safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError(`${shown}: ${issue!.path.map(String).join('.') || 'the seed'}: ${issue!.message}`);
}

/** @throws Error that names a variable without a value */
export function filledIn({ request: line, headers, body }: Written, variables: Variables): SeedRequest {
  const fill = (text: string): string => fillVariables(text, variables);
  const [method, path] = fill(line).split(' ') as [string, string];
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), fill(value)]));
  return {
    method,
    path,
    headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...given },
    ...(text !== undefined && { body: fill(text) }),
  };
}

/** Puts values for `${NAME}`. @throws Error that names a variable without a value */
export function fillVariables(text: string, variables: Variables): string {
  return text.replace(/\$\{(\w+)\}/g, (_, key: string) => {
    const value = variables[key];
    if (value === undefined) throw new Error(`\${${key}} has no value: nothing saved it`);
    return value;
  });
}

/** The value at a JSON pointer (RFC 6901), as text; undefined where there is none or it is no single value. */
export function valueAt(json: unknown, pointer: string): string | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const value = keys.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    json,
  );
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
