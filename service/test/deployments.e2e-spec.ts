/** Deployments, end to end: started once, one at a time, finished once; and what runs where afterwards. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { rows } from './database.js';
import { SECRETS, digestOf, releaseFacts, startLedger } from './ledger.js';
import type { Answer, Ledger } from './ledger.js';

let ledger: Ledger;
let environment: string;
let count = 0;

beforeAll(async () => {
  ledger = await startLedger();
  for (const name of ['A', 'B', 'C', 'Z']) await record(name);
  await record('bad', 'failed');
});
afterAll(() => ledger.stop());
beforeEach(() => {
  environment = `environment-${++count}`;
});

async function record(name: string, status = 'passed'): Promise<void> {
  const verdict = { ...(releaseFacts()['verdict'] as object), status };
  const answer = await ledger.request('PUT', `/v1/services/shop/releases/${digestOf(name)}`, {
    body: releaseFacts({ version: `1.0.0-${name}`, verdict }),
  });
  expect(answer.status).toBe(201);
}

interface Start {
  readonly kind?: string;
  readonly key?: string;
  readonly actor?: string;
  readonly secret?: string;
}

let keys = 0;
const start = (
  name: string,
  { kind = 'deploy', key = `key-${++keys}`, actor = 'jane', secret = SECRETS.write }: Start = {},
): Promise<Answer> =>
  ledger.request('POST', `/v1/services/shop/environments/${environment}/deployments`, {
    body: { digest: digestOf(name), actor, kind },
    headers: { 'idempotency-key': key },
    secret,
  });
const finish = (id: string, outcome: string, reason?: string): Promise<Answer> =>
  ledger.request('PATCH', `/v1/deployments/${id}`, {
    body: { outcome, ...(reason ? { reason } : {}) },
    secret: SECRETS.other,
  });
const deploy = async (name: string, kind = 'deploy', outcome = 'succeeded'): Promise<void> => {
  const started = await start(name, { kind });
  expect(started.status).toBe(201);
  expect((await finish(started.body.id, outcome, 'as it went')).status).toBe(200);
};
const state = (): Promise<Answer> => ledger.request('GET', `/v1/services/shop/environments/${environment}`);

describe('starting', () => {
  test('answers 201 with who started it, and where it is', async () => {
    const answer = await start('A');
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      status: 'running',
      digest: digestOf('A'),
      actor: 'jane',
      startedBy: 'ci',
      finishedAt: null,
    });
    expect(answer.headers.get('location')).toBe(`/v1/deployments/${answer.body.id}`);
    expect((await ledger.request('GET', answer.headers.get('location') ?? '')).body).toEqual(answer.body);
  });

  test('the same key and body return the first answer, even when it is finished by then', async () => {
    const first = await start('A', { key: 'once' });
    await finish(first.body.id, 'succeeded');
    const again = await start('A', { key: 'once' });
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
  });

  test('the same key with another body is refused; another token may use it', async () => {
    await start('A', { key: 'twice' });
    const answer = await start('B', { key: 'twice' });
    expect([answer.status, answer.body.type]).toEqual([422, '/docs#idempotency-key-reused']);
    expect((await start('A', { key: 'twice', secret: SECRETS.other })).body.type).toBe('/docs#deployment-running');
  });

  test('the key is required', async () => {
    const answer = await ledger.request('POST', `/v1/services/shop/environments/${environment}/deployments`, {
      body: { digest: digestOf('A'), actor: 'jane', kind: 'deploy' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([expect.objectContaining({ in: 'header', pointer: '#/idempotency-key' })]);
  });

  test('a second one is refused while the first runs, with its id and age, and its key can be used later', async () => {
    const first = await start('A');
    const second = await start('B', { key: 'later' });
    expect(second.status).toBe(409);
    expect(second.body).toMatchObject({
      type: '/docs#deployment-running',
      running: { id: first.body.id, actor: 'jane', digest: digestOf('A'), ageSeconds: expect.any(Number) },
    });
    await finish(first.body.id, 'succeeded');
    expect((await start('B', { key: 'later' })).status).toBe(201);
  });

  test.each([
    ['bad', '/docs#release-not-passed'],
    ['never recorded', '/docs#release-unknown'],
  ])('of a release that is %s is refused', async (name, type) => {
    const answer = await start(name);
    expect([answer.status, answer.body.type]).toEqual([422, type]);
    expect((await state()).status).toBe(404);
  });

  test('64 at once: exactly one wins, the others are told so', async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, () => start('A')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(
      answers.filter(({ status, body }) => status === 409 && body.type === '/docs#deployment-running'),
    ).toHaveLength(63);
    expect(
      await rows(ledger.databaseUrl, 'SELECT FROM deployments WHERE environment = $1', [environment]),
    ).toHaveLength(1);
  });

  test('64 at once with one key: one deployment, and all get the same answer', async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, () => start('A', { key: 'one-key' })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect(
      await rows(ledger.databaseUrl, 'SELECT FROM deployments WHERE environment = $1', [environment]),
    ).toHaveLength(1);
  });

  test('takes over one that is older than the time-out, exactly once, and records it as abandoned', async () => {
    const stuck = await start('A');
    // Time cannot be made to pass, but the begin can be moved, with the ledger's own guard off for a moment.
    await rows(
      ledger.databaseUrl,
      `BEGIN; ALTER TABLE deployments DISABLE TRIGGER USER;
       UPDATE deployments SET started_at = started_at - interval '1 hour 1 second' WHERE id = '${stuck.body.id}';
       ALTER TABLE deployments ENABLE TRIGGER USER; COMMIT`,
    );
    const answers = await Promise.all(Array.from({ length: 16 }, () => start('B')));
    const winners = answers.filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(15);
    expect(winners[0]?.body.tookOver).toBe(stuck.body.id);
    const abandoned = await ledger.request('GET', `/v1/deployments/${stuck.body.id}`);
    expect(abandoned.body).toMatchObject({
      status: 'abandoned',
      finishedBy: 'ci',
      reason: expect.stringMatching(/^taken over after \d+ s by ci$/),
    });
    expect((await finish(stuck.body.id, 'succeeded')).status).toBe(409);
  });
});

describe('finishing', () => {
  test('once; again with the same outcome is 200 and changes nothing, with another 409', async () => {
    const { body } = await start('A');
    const finished = await finish(body.id, 'failed', 'health check failed');
    expect(finished.body).toMatchObject({
      status: 'failed',
      reason: 'health check failed',
      startedBy: 'ci',
      finishedBy: 'robot',
    });
    const again = await finish(body.id, 'failed', 'another reason');
    expect([again.status, again.body]).toEqual([200, finished.body]);
    const other = await finish(body.id, 'succeeded');
    expect([other.status, other.body.type, other.body.outcome]).toEqual([409, '/docs#deployment-finished', 'failed']);
  });

  test('32 at once with different outcomes: one outcome stands, and everybody is told which', async () => {
    const { body } = await start('A');
    const outcomes = ['succeeded', 'failed', 'rolled_back'];
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, index) => finish(body.id, outcomes[index % 3] ?? '', 'race')),
    );
    const { status } = (await ledger.request('GET', `/v1/deployments/${body.id}`)).body;
    answers.forEach((answer, index) => {
      expect([answer.status, answer.body.status === 409 ? answer.body.outcome : answer.body.status]).toEqual([
        outcomes[index % 3] === status ? 200 : 409,
        status,
      ]);
    });
  });

  test('a bad end needs a reason; an unknown deployment is 404', async () => {
    const { body } = await start('A');
    const answer = await finish(body.id, 'rolled_back');
    expect([answer.status, answer.body.errors]).toEqual([
      400,
      [{ in: 'body', pointer: '#/reason', detail: 'is required' }],
    ]);
    expect((await finish('00000000-0000-4000-8000-000000000000', 'succeeded')).status).toBe(404);
  });
});

describe('what runs where', () => {
  test('nothing was ever deployed: 404, and an empty list for the service', async () => {
    expect((await state()).status).toBe(404);
    expect((await ledger.request('GET', '/v1/services/nobody/environments')).body).toEqual({ items: [] });
  });

  test('the first deployment under way runs, but is not current before it succeeded', async () => {
    const started = await start('A');
    expect((await state()).body).toMatchObject({
      current: null,
      lastGood: null,
      running: { deployment: started.body.id },
    });
    const finished = await finish(started.body.id, 'succeeded');
    expect((await state()).body).toMatchObject({
      current: { digest: digestOf('A'), version: '1.0.0-A', actor: 'jane', since: finished.body.finishedAt },
      lastGood: null,
      running: null,
    });
  });

  test.each([
    ['A B', 'B', 'A'],
    ['A B!', 'A', null],
    ['A B B', 'B', 'A'],
    ['Z A B <A', 'A', 'Z'],
    ['A B <A', 'A', null],
    ['A B C <B', 'B', 'A'],
    ['A B <A C', 'C', 'A'],
    ['A B <A A', 'A', null],
    ['A B C <B <A', 'A', null],
    ['A B <A B C', 'C', 'B'],
  ])('after %s, %s runs and %s was the last good one', async (history, current, lastGood) => {
    for (const step of history.split(' ')) {
      await deploy(
        step.replace(/[<!]/, ''),
        step.startsWith('<') ? 'rollback' : 'deploy',
        step.endsWith('!') ? 'failed' : 'succeeded',
      );
    }
    const { body } = await state();
    expect([body.current?.digest, body.lastGood?.digest ?? null]).toEqual([
      digestOf(current),
      lastGood ? digestOf(lastGood) : null,
    ]);
  });

  test('lists the environments of a service by name, each once', async () => {
    const { body } = await ledger.request('GET', '/v1/services/shop/environments');
    const names = body.items.map((item: { environment: string }) => item.environment);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain('environment-1');
  });
});

test('the history is listed newest first, by status too, a page at a time', async () => {
  for (const outcome of ['succeeded', 'failed', 'succeeded', 'rolled_back', 'succeeded'])
    await deploy('A', 'deploy', outcome);
  const path = `/v1/services/shop/environments/${environment}/deployments`;
  const statuses = (answer: Answer): string[] => answer.body.items.map(({ status }: { status: string }) => status);
  const first = await ledger.request('GET', `${path}?limit=3`);
  expect(statuses(first)).toEqual(['succeeded', 'rolled_back', 'succeeded']);
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  expect(statuses(await ledger.request('GET', next))).toEqual(['failed', 'succeeded']);
  expect(statuses(await ledger.request('GET', `${path}?status=failed`))).toEqual(['failed']);
});

describe('the database itself', () => {
  const sql = (text: string): Promise<unknown> => rows(ledger.databaseUrl, text);

  test.each([
    'DELETE FROM releases',
    'DELETE FROM deployments',
    'TRUNCATE deployments',
    'TRUNCATE releases CASCADE',
    `UPDATE releases SET version = '6.6.6'`,
    `UPDATE deployments SET actor = 'nobody'`,
    `UPDATE deployments SET status = 'running', finished_at = NULL, finished_by = NULL WHERE status = 'succeeded'`,
    `UPDATE deployments SET reason = 'otherwise' WHERE status = 'failed'`,
  ])('refuses %s', async (text) => {
    await expect(sql(text)).rejects.toThrow(/append-only/);
  });

  test('refuses a second running deployment whoever writes it', async () => {
    const { body } = await start('A');
    await expect(
      sql(`INSERT INTO deployments (service, environment, digest, kind, actor, idempotency_key, started_by)
           SELECT service, environment, digest, kind, actor, 'another', started_by FROM deployments WHERE id = '${body.id}'`),
    ).rejects.toThrow(/deployments_one_running/);
  });
});
