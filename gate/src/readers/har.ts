/**
 * Reads an HTTP archive (HAR 1.2) of any tool as evidence: the requests that were sent and answered. With the description of the API
 * beside it, how each of its operations was met. Finds nothing.
 */
import { z } from 'zod';
import type { Evidence, OperationCoverage } from '../model.ts';
import { isReached, operationFinder, operationName, operationsOf } from '../operations.ts';
import { type ApiDescription, describedApi } from './openapi.ts';
import type { Reader } from './reader.ts';

const entry = z.object({
  startedDateTime: z.string().optional(),
  request: z.object({ method: z.string(), url: z.string() }),
  // 0 or less stands for a request without an answer.
  response: z.object({ status: z.number() }),
});
type Entry = z.output<typeof entry>;

const archive = z.object({
  log: z.object({
    version: z.string().regex(/^1\./),
    creator: z.object({ name: z.string(), version: z.string().optional() }),
    entries: z.array(entry),
  }),
});

export const har: Reader = {
  format: 'har',
  title: 'an HTTP archive',

  recognises(report) {
    const value = report.jsonIfAny() as { log?: { entries?: unknown } } | null | undefined;
    return typeof value === 'object' && Array.isArray(value?.log?.entries);
  },

  read(report, { description }) {
    const { creator, entries: all } = report.shaped(archive, this.title).log;
    const entries = all.filter((one) => !isPlaceholder(one));
    const answered = entries.filter(({ response }) => response.status > 0);
    const operations = description && coverage(describedApi(description), entries);
    const times = entries.map(({ startedDateTime }) => Date.parse(startedDateTime ?? '')).filter(Number.isFinite);
    return {
      format: this.format,
      tool: creator.name.toLowerCase(),
      ...(creator.version !== undefined && { version: creator.version }),
      ...(times.length > 0 && { startedAt: new Date(times.reduce((a, b) => Math.min(a, b))).toISOString() }),
      findings: [],
      evidence: [
        { kind: 'requests', count: entries.length },
        { kind: 'answers', count: answered.length },
        ...(operations ? reachOf(operations) : []),
      ],
      ...(operations && { operations }),
      ...(answered.length === 0 && {
        broken: entries.length === 0 ? 'no request was sent' : `none of ${entries.length} requests was answered`,
      }),
    };
  },
};

function reachOf(operations: OperationCoverage[]): Evidence[] {
  const reached = operations.filter(isReached).length;
  return [
    { kind: 'reached operations', count: reached },
    { kind: 'unreached operations', count: operations.length - reached },
  ];
}

/** ZAP exports folders of its site tree as requests of the year 1970 without an answer: nobody sent them. */
function isPlaceholder({ startedDateTime, response }: Entry): boolean {
  return response.status <= 0 && Date.parse(startedDateTime ?? '') === 0;
}

function coverage(description: ApiDescription, entries: Entry[]): OperationCoverage[] {
  const find = operationFinder(description);
  const all = new Map<string, OperationCoverage>(
    operationsOf(description).map((operation) => [operationName(operation), { ...operation, requests: 0 }]),
  );
  for (const { request, response } of entries) {
    const operation = find(request.method, request.url);
    if (!operation) continue;
    const met = all.get(operationName(operation))!;
    met.requests += 1;
    if (response.status > 0 && (met.best === undefined || rank(response.status) < rank(met.best))) {
      met.best = response.status;
    }
  }
  return [...all.values()];
}

/** 2xx before 3xx, 1xx, 4xx, 5xx; among one class the lower. */
function rank(status: number): number {
  const order = [2, 3, 1, 4, 5];
  const place = order.indexOf(Math.floor(status / 100));
  return (place < 0 ? order.length : place) * 1000 + (status % 100);
}
