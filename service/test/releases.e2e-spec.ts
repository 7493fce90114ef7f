/** Releases, end to end: recorded once, found again, listed a page at a time. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FROM_COLUMNS } from '../src/releases/release-text.js';
import { rows } from './database.js';
import { digestOf, releaseFacts, startLedger } from './ledger.js';
import type { Answer, Ledger } from './ledger.js';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

const put = (service: string, digest: string, body: unknown): Promise<Answer> =>
  ledger.request('PUT', `/v1/services/${service}/releases/${digest}`, { body });

describe('recording', () => {
  test('answers 201 with the facts, who recorded them and when', async () => {
    const answer = await put('checkout', digestOf('first'), releaseFacts());
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...releaseFacts(),
      service: 'checkout',
      digest: digestOf('first'),
      recordedBy: 'ci',
    });
    expect(Math.abs(Date.parse(answer.body.recordedAt) - Date.now())).toBeLessThan(5_000);
    const kept = await ledger.request('GET', `/v1/services/checkout/releases/${digestOf('first')}`);
    expect(kept.text).toBe(answer.text);
  });

  test('the same facts again answer 200 and change nothing, however they are written', async () => {
    const before = await put('checkout', digestOf('again'), releaseFacts({ committedAt: '2026-11-22T07:30:00Z' }));
    const again = await put('checkout', digestOf('again'), releaseFacts({ committedAt: '2026-11-22T09:30:00+02:00' }));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(before.body);
  });

  test('other facts answer 409, name what differs and change nothing', async () => {
    await put('checkout', digestOf('differs'), releaseFacts());
    const answer = await put('checkout', digestOf('differs'), releaseFacts({ version: '9.9.9', sbomDigest: null }));
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: '/docs#release-differs',
      status: 409,
      differing: ['version', 'sbomDigest'],
    });
    const kept = await ledger.request('GET', `/v1/services/checkout/releases/${digestOf('differs')}`);
    expect(kept.body.version).toBe('1.4.2');
  });

  test('64 equal recordings at once make one row and no error', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => put('checkout', digestOf('race'), releaseFacts())),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(63);
    expect(await rows(ledger.databaseUrl, 'SELECT FROM releases WHERE digest = $1', [digestOf('race')])).toHaveLength(
      1,
    );
  });

  test('the same image may be recorded for two services', async () => {
    expect((await put('one', digestOf('shared'), releaseFacts())).status).toBe(201);
    expect((await put('two', digestOf('shared'), releaseFacts({ version: '2.0.0' }))).status).toBe(201);
  });
});

describe('the text that is kept of a release', () => {
  test('says what its columns say, in the same order', async () => {
    await put('kept', digestOf('with sbom'), releaseFacts());
    await put(
      'kept',
      digestOf('without'),
      releaseFacts({ sbomDigest: null, committedAt: '2026-11-22T09:30:00.1+02:00' }),
    );
    const kept = await rows<{ document: string; columns: string }>(
      ledger.databaseUrl,
      `SELECT document, ${FROM_COLUMNS} AS columns FROM releases WHERE service = 'kept'`,
    );
    expect(kept).toHaveLength(2);
    for (const { document, columns } of kept) {
      const [answered, held] = [document, columns].map((text) => JSON.parse(text) as object);
      expect(answered).toEqual(held);
      expect(Object.keys(answered ?? {})).toEqual(Object.keys(held ?? {}));
    }
  });

  test('is made of the columns where an earlier release of the service recorded it, which keeps none', async () => {
    const { body } = await put('kept', digestOf('with text'), releaseFacts());
    await rows(
      ledger.databaseUrl,
      `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository, verdict_status, verdict_counts,
         verdict_policy, verdict_finished_at, sbom_digest, recorded_at, recorded_by)
       SELECT 'earlier', digest, version, commit_hash, committed_at, repository, verdict_status, verdict_counts,
         verdict_policy, verdict_finished_at, sbom_digest, recorded_at, recorded_by
       FROM releases WHERE service = 'kept' AND digest = $1`,
      [digestOf('with text')],
    );
    const expected = { ...(body as object), service: 'earlier' };
    const alone = await ledger.request('GET', `/v1/services/earlier/releases/${digestOf('with text')}`);
    expect(alone.body).toEqual(expected);
    expect((await ledger.request('GET', '/v1/services/earlier/releases')).body).toEqual({ items: [expected] });
    expect((await put('earlier', digestOf('with text'), releaseFacts())).status).toBe(200);
  });
});

test('getting one that is not there answers 404', async () => {
  const answer = await ledger.request('GET', `/v1/services/checkout/releases/${digestOf('nothing')}`);
  expect(answer.status).toBe(404);
  expect(answer.body).toMatchObject({ type: 'about:blank', title: 'Not Found', requestId: expect.any(String) });
});

describe('listing', () => {
  const commit = 'b'.repeat(40);

  beforeAll(async () => {
    for (let number = 1; number <= 7; number += 1) {
      const status = number % 2 === 0 ? 'failed' : 'passed';
      const verdict = { ...(releaseFacts()['verdict'] as object), status };
      const facts = releaseFacts({ version: `${number}.0.0`, verdict, ...(number > 5 ? { commit } : {}) });
      expect((await put('listed', digestOf(`listed ${number}`), facts)).status).toBe(201);
    }
  });

  const versions = (answer: Answer): string[] => answer.body.items.map(({ version }: { version: string }) => version);
  const list = (query: string): Promise<Answer> => ledger.request('GET', `/v1/services/listed/releases${query}`);

  test('is newest first, and empty for a service without releases', async () => {
    expect(versions(await list(''))).toEqual(['7.0.0', '6.0.0', '5.0.0', '4.0.0', '3.0.0', '2.0.0', '1.0.0']);
    expect((await ledger.request('GET', '/v1/services/nobody/releases')).body).toEqual({ items: [] });
  });

  test('shows each release exactly as it is shown alone, though nobody reads either before it goes out', async () => {
    const { headers, body } = await list('');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body.items).toHaveLength(7);
    for (const item of body.items as { digest: string }[]) {
      const alone = await ledger.request('GET', `/v1/services/listed/releases/${item.digest}`);
      expect(item).toEqual(alone.body);
      expect(Object.keys(item)).toEqual(Object.keys(alone.body as object));
    }
  });

  test('goes on where the Link header says, and sees no release twice when others arrive meanwhile', async () => {
    const first = await list('?limit=3');
    const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    await put('listed', digestOf('arrives meanwhile'), releaseFacts({ version: '8.0.0' }));
    const second = await ledger.request('GET', link);
    const third = await ledger.request('GET', /<([^>]+)>/.exec(second.headers.get('link') ?? '')?.[1] ?? '');
    expect([first, second, third].flatMap(versions)).toEqual([
      '7.0.0',
      '6.0.0',
      '5.0.0',
      '4.0.0',
      '3.0.0',
      '2.0.0',
      '1.0.0',
    ]);
    expect(third.headers.get('link')).toBeNull();
  });

  test('filters by verdict, by commit and by both, and keeps the filter in the link', async () => {
    const failed = await list('?verdict=failed&limit=2');
    expect(versions(failed)).toEqual(['6.0.0', '4.0.0']);
    const next = /<([^>]+)>/.exec(failed.headers.get('link') ?? '')?.[1] ?? '';
    expect(versions(await ledger.request('GET', next))).toEqual(['2.0.0']);
    expect(versions(await list(`?commit=${commit}`))).toEqual(['7.0.0', '6.0.0']);
    expect(versions(await list(`?commit=${commit}&verdict=failed`))).toEqual(['6.0.0']);
  });

  test.each([
    '?limit=0',
    '?limit=201',
    '?limit=1e1',
    '?limit=',
    '?cursor=x',
    '?order=asc',
    '?verdict=good',
    '?limit=1&limit=2',
  ])('refuses %s', async (query) => {
    const answer = await list(query);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0]).toMatchObject({ in: 'query', pointer: `#/${/\?(\w+)/.exec(query)?.[1]}` });
  });
});
