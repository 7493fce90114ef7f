/** The operations of an API's description, and which of them a request met. */
import type { OperationCoverage } from './model.ts';
import { plural } from './reason.ts';
import type { ApiDescription } from './readers/openapi.ts';

export interface Operation {
  /** Upper case. */
  method: string;
  /** As the description has it: /v1/deployments/{id}. */
  path: string;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Every operation, in the order of the description. */
export function operationsOf({ paths }: ApiDescription): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** An operation counts as reached when it did its work at least once: an error message is no sight of it. */
export function isReached({ best }: OperationCoverage): boolean {
  return best !== undefined && best >= 200 && best < 300;
}

/** "200", "404", or why there is no status at all. */
export function bestStatus({ best, requests }: OperationCoverage): string {
  if (best !== undefined) return String(best);
  return requests > 0 ? 'no answer' : 'not sent';
}

/** "13 of 14 operations reached, by 318 requests" */
export function reachedOperations(all: OperationCoverage[]): string {
  const requests = all.reduce((sum, one) => sum + one.requests, 0);
  const reached = all.filter(isReached).length;
  return `${reached} of ${plural(all.length, 'operations')} reached, by ${plural(requests, 'requests')}`;
}

/** "PATCH /v1/deployments/{id}" */
export function operationName({ method, path }: Operation): string {
  return `${method} ${path}`;
}

/**
 * Finds the operation that a request met, by method and path. Where several templates fit, the one with the most literal text:
 * a request for /users/me meets /users/me, not /users/{id}.
 */
export function operationFinder(description: ApiDescription): (method: string, url: string) => Operation | undefined {
  const bases = basePaths(description);
  const known = operationsOf(description).map((operation) => ({
    operation,
    literal: operation.path.replace(/\{[^{}]*\}/g, '').length,
    pattern: new RegExp(`^(?:${bases.map(escaped).join('|')})${template(operation.path)}$`),
  }));
  known.sort((a, b) => b.literal - a.literal);
  return (method, url) => {
    const path = pathOf(url);
    const upper = method.toUpperCase();
    return path === undefined
      ? undefined
      : known.find(({ operation, pattern }) => operation.method === upper && pattern.test(path))?.operation;
  };
}

/** What stands before every path: of the servers that the description names, the paths. */
function basePaths(description: ApiDescription): string[] {
  if ('swagger' in description) return [withoutEnd(description.basePath ?? '')];
  const urls = description.servers?.map(({ url }) => url) ?? [];
  const paths = urls.map((url) => withoutEnd(pathOf(url.replace(/\{[^{}]*\}/g, 'x')) ?? ''));
  return [...new Set(paths.length > 0 ? paths : [''])];
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, '');
}

/** Undefined for what is no URL. A relative one counts from the root. */
function pathOf(url: string): string | undefined {
  return URL.parse(url, 'http://host')?.pathname;
}

/** A parameter is anything but nothing, and ends with its segment. */
function template(path: string): string {
  return path
    .split(/(\{[^{}]*\})/)
    .map((part) => (part.startsWith('{') && part.endsWith('}') ? '[^/]+' : escaped(encodeURI(part))))
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
