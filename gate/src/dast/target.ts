/** The service under scan, seen from outside: whether it is up, what it says of itself, and what its last words were. */
import { setTimeout as wait } from 'node:timers/promises';
import type { NoPlan } from '../stages/stage.ts';
import { fillVariables, filledIn, type Seed, valueAt, type Variables } from './seed.ts';

export interface Target {
  /** http://app:3000 */
  url: string;
  /** Where `supervisor.cjs` tells how the image's process is doing; undefined where nobody watches it. */
  monitor?: string;
  /** The header by which requests are let in; its value names variables. */
  token?: { header: string; value: string };
  /** TOKEN, and what the seed saves. */
  variables: Variables;
}

/** The header's value as far as its variables are known. */
export function tokenValue({ token, variables }: Target): string | undefined {
  try {
    return token && fillVariables(token.value, variables);
  } catch {
    // The seed has not saved it yet.
    return undefined;
  }
}

const requestTimeoutMs = 30_000;

/** Where NestJS and other frameworks put the document unless told otherwise. */
export const documentCandidates = [
  '/openapi.json',
  '/api-json',
  '/docs-json',
  '/api/docs-json',
  '/swagger-json',
  '/api/openapi.json',
  '/swagger.json',
];

interface Answer {
  status: number;
  text: string;
}

/** Waits until the service answers well at its health path, or at all where there is none. */
export async function untilReady(
  target: Target,
  health: string | undefined,
  seconds: number,
): Promise<NoPlan | undefined> {
  const until = Date.now() + seconds * 1000;
  let last: string;
  for (;;) {
    const ended = await whyEnded(target);
    if (ended) return { broken: `the image ended before it was ready: ${ended}` };
    try {
      const { status } = await send(target, 'GET', health ?? '/', {}, 5_000);
      if (health === undefined || (status >= 200 && status < 300)) return undefined;
      last = `answered ${status}`;
    } catch (error) {
      last = `did not answer (${inWords(error)})`;
    }
    if (Date.now() > until) {
      const words = await lastLine(target);
      return {
        broken: `the image was not ready within ${seconds} s: GET ${health ?? '/'} ${last}${words && `: ${words}`}`,
      };
    }
    await wait(500);
  }
}

/** Why the image's process is gone; undefined while it runs. */
export async function whyEnded(target: Target): Promise<string | undefined> {
  const { ended, lines } = await watched(target);
  if (!ended) return undefined;
  const words = lines.at(-1);
  return `${ended}${words ? `: ${words}` : ''}`;
}

/** Fetches the OpenAPI document: the one that the policy names, or else the first of the usual places that has one. */
export async function fetchDocument(target: Target, named?: string): Promise<{ text: string } | NoPlan> {
  for (const path of named === undefined ? documentCandidates : [named]) {
    let answer: Answer;
    try {
      answer = await send(target, 'GET', path);
    } catch (error) {
      return { broken: `GET ${path} did not answer (${inWords(error)})` };
    }
    if (answer.status >= 200 && answer.status < 300 && (named !== undefined || isDocument(answer.text))) {
      return { text: answer.text };
    }
    if (named !== undefined) {
      return {
        broken: `GET ${named} answered ${answer.status}: no OpenAPI document where stages.dast.openapi names it`,
      };
    }
  }
  return {
    absent: `no OpenAPI document at ${documentCandidates.join(', ')}; sluice.yaml names its path by stages.dast.openapi`,
  };
}

/** Sends what the seed prepares and keeps what it saves among the variables. Every request must answer 2xx. */
export async function prepare(target: Target, seed: Seed): Promise<NoPlan | undefined> {
  for (const written of seed.prepare) {
    let answer: Answer;
    try {
      const { method, path, headers, body } = filledIn(written, target.variables);
      answer = await send(target, method, path, headers, requestTimeoutMs, body);
    } catch (error) {
      return { broken: `the seed's ${written.request} could not be sent: ${inWords(error)}` };
    }
    if (answer.status < 200 || answer.status >= 300) {
      return { broken: `the seed's ${written.request} answered ${answer.status}: ${answer.text.slice(0, 200)}` };
    }
    for (const [name, pointer] of Object.entries(written.save)) {
      const value = valueAt(jsonOf(answer.text), pointer);
      if (value === undefined) {
        return { broken: `the seed's ${written.request} answered nothing at ${pointer} to save as ${name}` };
      }
      target.variables[name] = value;
    }
  }
  return undefined;
}

async function send(
  target: Target,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  timeoutMs = requestTimeoutMs,
  body?: string,
): Promise<Answer> {
  const value = tokenValue(target);
  const response = await fetch(new URL(path, target.url), {
    method,
    // A header that the seed itself gives stands.
    headers: { ...(value !== undefined && { [target.token!.header.toLowerCase()]: value }), ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** What the supervisor tells: how the process ended, if it did, and the last lines of its output. */
async function watched({ monitor }: Target): Promise<{ ended?: string; lines: string[] }> {
  if (monitor === undefined) return { lines: [] };
  try {
    const response = await fetch(monitor, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()) as { ended?: string; lines: string[] };
  } catch (error) {
    return { ended: `nobody watches it any more (${inWords(error)})`, lines: [] };
  }
}

async function lastLine(target: Target): Promise<string> {
  return (await watched(target)).lines.at(-1) ?? '';
}

function isDocument(text: string): boolean {
  const value = jsonOf(text);
  return typeof value === 'object' && value !== null && 'paths' in value && ('openapi' in value || 'swagger' in value);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides what happened behind "fetch failed". */
function inWords(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  return name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? cause?.message ?? message);
}
