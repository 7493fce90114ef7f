/** The three requests that are measured, and the check that every contender answers them alike. */
import { deepStrictEqual } from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { releaseFacts } from '../test/release-facts.ts';

/** The services that hold the rows to list, and those that the load creates. */
export const LISTED = 'checkout';
export const CREATED = 'billing';

export const LIVE_PATH = '/health/live';
export const LIST_PATH = `/v1/services/${LISTED}/releases?limit=20`;

/** The bearer token that may write, known to the servers by its hash. */
export const SECRET = randomBytes(16).toString('hex');
export const SECRET_SHA256 = createHash('sha256').update(SECRET).digest('hex');

interface Answers {
  readonly live: unknown;
  readonly list: unknown;
  readonly next: string | null;
  readonly created: unknown;
  readonly requestId: string | null;
}

/** What a server answers to each of the requests; creates one release. */
async function answersOf(url: string): Promise<Answers> {
  const live = await fetch(url + LIVE_PATH, { headers: { 'x-request-id': 'from-the-benchmark' } });
  const list = await fetch(url + LIST_PATH);
  const created = await fetch(`${url}/v1/services/${CREATED}/releases/sha256:${'0'.repeat(64)}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' },
    body: JSON.stringify(releaseFacts()),
  });
  const answers = [live, list, created];
  deepStrictEqual(
    answers.map(({ status }) => status),
    [200, 200, 201],
    `${url} refuses what it should serve`,
  );
  const release = (await created.json()) as Record<string, unknown>;
  return {
    live: await live.json(),
    list: await list.json(),
    next: list.headers.get('link'),
    created: { ...release, recordedAt: typeof release['recordedAt'] },
    requestId: live.headers.get('x-request-id'),
  };
}

/** @throws {AssertionError} when a server does not do the same work as the first of them. */
export async function assertAlike(servers: ReadonlyMap<string, { readonly url: string }>): Promise<void> {
  let expected: Answers | undefined;
  for (const [name, { url }] of servers) {
    const answers = await answersOf(url);
    expected ??= answers;
    deepStrictEqual(answers, expected, `${name} answers otherwise than ${[...servers.keys()][0]}`);
  }
}
