/** What holds for every request: ids, headers, problems, tokens, limits, and bodies that mean harm. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRETS, digestOf, releaseFacts, startLedger } from './ledger.js';
import type { Answer, Ledger } from './ledger.js';

let ledger: Ledger;
const RELEASE = `/v1/services/checkout/releases/${digestOf('release')}`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

/** Sends bytes as they are and returns all that comes back until the server closes. */
function raw(bytes: string | Buffer, to: Ledger): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(to.url);
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    socket
      .on('data', (data) => (answer += data.toString()))
      .on('close', () => resolve(answer))
      .on('error', reject);
  });
}

const lineOf = (requestId: string | null) =>
  ledger.log.find((line) => line['request_id'] === requestId && 'status_code' in line);

test("the liveness probe answers JSON in Terminus's shape", async () => {
  const answer = await ledger.request('GET', '/health/live');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.body).toEqual({ status: 'ok', info: {}, error: {}, details: {} });
});

describe('request ids', () => {
  test.each(['a', 'trace-1.2_3', 'x'.repeat(128)])('%s is kept, returned and logged', async (id) => {
    const answer = await ledger.request('GET', '/health/live', { headers: { 'x-request-id': id } });
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(lineOf(id)).toMatchObject({ method: 'GET', path: '/health/live', status_code: 200, level: 'INFO' });
  });

  test.each(['', 'x'.repeat(129), 'a b', 'ä'.normalize('NFC'), '{"level":"ERROR"}', '../../etc'])(
    '%j is replaced by a UUID',
    async (id) => {
      const answer = await ledger.request('GET', '/health/live', { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toMatch(UUID);
    },
  );

  test('are on errors, 404s and refused URLs too, and in their documents', async () => {
    for (const path of ['/nothing', '/v1/services/UPPER/releases', '/%zz']) {
      const answer = await ledger.request('GET', path);
      expect(answer.headers.get('x-request-id')).toMatch(UUID);
      expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
      expect(lineOf(answer.body.requestId)).toMatchObject({ status_code: answer.status, level: 'WARN' });
    }
  });
});

test('a line of the log has exactly the agreed fields, and no query', async () => {
  const answer = await ledger.request('GET', '/v1/services/checkout/releases?verdict=passed');
  const line = lineOf(answer.headers.get('x-request-id'));
  expect(Object.keys(line ?? {}).sort()).toEqual(
    ['timestamp', 'level', 'request_id', 'method', 'path', 'status_code', 'duration_ms', 'message', 'route'].sort(),
  );
  expect(line).toMatchObject({ path: '/v1/services/checkout/releases', route: '/v1/services/:service/releases' });
  expect(line?.['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('the security headers are on answers, errors and the document; nothing names the framework', async () => {
  for (const path of ['/health/live', '/nothing', '/openapi.json', '/%zz']) {
    const { headers } = await ledger.request('GET', path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  }
});

describe('tokens', () => {
  const put = (options: { secret?: string | null; headers?: Record<string, string> }): Promise<Answer> =>
    ledger.request('PUT', RELEASE, { body: releaseFacts(), ...options });

  test.each([
    ['none', { secret: null }, 401],
    ['an unknown one', { secret: 'nobody' }, 401],
    ['another scheme', { secret: null, headers: { authorization: `Basic ${SECRETS.write}` } }, 401],
    ['a hash instead of the secret', { secret: 'b2c9d3f0'.repeat(8) }, 401],
    ['one that may only read', { secret: SECRETS.read }, 403],
    ['one for deployments', { secret: SECRETS.other }, 403],
  ])('a write with %s is refused', async (_what, options, status) => {
    const answer = await put(options);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('a refused write is refused before its body is read', async () => {
    const answer = await ledger.request('PUT', RELEASE, { body: 'not JSON', secret: null });
    expect(answer.status).toBe(401);
  });

  test('no secret is in the log', async () => {
    await put({});
    await put({ secret: 'leaked-secret' });
    await ledger.request('GET', `/v1/services/checkout/releases?token=leaked-secret`);
    const log = JSON.stringify(ledger.log);
    expect(log).not.toContain(SECRETS.write);
    expect(log).not.toContain('leaked-secret');
  });

  test('reads are open here, and closed by READS=token', async () => {
    expect((await ledger.request('GET', '/v1/services/x/releases', { secret: null })).status).toBe(200);
    const closed = await startLedger({ READS: 'token' });
    try {
      expect((await closed.request('GET', '/v1/services/x/releases', { secret: null })).status).toBe(401);
      expect((await closed.request('GET', '/v1/services/x/releases', { secret: SECRETS.read })).status).toBe(200);
      expect((await closed.request('GET', '/v1/services/x/releases', { secret: SECRETS.other })).status).toBe(403);
      expect((await closed.request('GET', '/health/ready', { secret: null })).status).toBe(200);
    } finally {
      await closed.stop();
    }
  });

  test('writes are limited for each token, whatever it writes, and reads are not', async () => {
    const limited = await startLedger({ WRITES_PER_MINUTE: '3' });
    try {
      const write = (secret: string, path = RELEASE): Promise<Answer> =>
        limited.request('PUT', path, { body: releaseFacts(), secret });
      for (let count = 0; count < 3; count += 1) expect((await write(SECRETS.write)).status).toBeLessThan(300);
      const refused = await limited.request('PATCH', '/v1/deployments/00000000-0000-4000-8000-000000000000', {
        body: { outcome: 'succeeded' },
      });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'application/problem+json']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await limited.request('GET', RELEASE)).status).toBe(200);
      const other = await limited.request('PATCH', '/v1/deployments/00000000-0000-4000-8000-000000000000', {
        body: { outcome: 'succeeded' },
        secret: SECRETS.other,
      });
      expect(other.status).toBe(404);
    } finally {
      await limited.stop();
    }
  });
});

describe('refused with a problem document', () => {
  const facts = (changes: Record<string, unknown>): Record<string, unknown> => releaseFacts(changes);
  const verdict = (changes: Record<string, unknown>): Record<string, unknown> =>
    releaseFacts({ verdict: { ...(releaseFacts()['verdict'] as object), ...changes } });
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  test.each<[string, unknown, number, string?]>([
    ['no body', undefined, 400],
    ['not JSON', '{"version":', 400],
    ['an empty body', '', 400],
    ['a list', [], 400, '#'],
    ['null', 'null', 400, '#'],
    ['10 MB', JSON.stringify(facts({ version: 'x'.repeat(10_000_000) })), 413],
    ['10,000 levels', deep(10_000), 400],
    ['a prototype', '{"__proto__":{"admin":true}}', 400],
    ['a constructor', '{"constructor":{"prototype":{"admin":true}}}', 400],
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"version":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 400],
    ['a NUL byte', facts({ version: 'a\u0000b' }), 400, '#/version'],
    ['an unknown field', facts({ aardvark: 1 }), 400, '#/aardvark'],
    ['an unknown field inside', verdict({ 'a/b~c': 1 }), 400, '#/verdict/a~1b~0c'],
    ['SQL in the version', facts({ version: `'; DROP TABLE releases; --` }), 400, '#/version'],
    ['30 February', facts({ committedAt: '2026-02-30T00:00:00Z' }), 400, '#/committedAt'],
    ['a time without offset', facts({ committedAt: '2026-02-01T00:00:00' }), 400, '#/committedAt'],
    ['the year 0', facts({ committedAt: '0000-01-01T00:00:00Z' }), 400, '#/committedAt'],
    ['the year 9999', facts({ committedAt: '9999-12-31T23:59:59-14:00' }), 400, '#/committedAt'],
    ['a count beyond 32 bits', verdict({ counts: { high: 2 ** 31 } }), 400, '#/verdict/counts/high'],
    [
      'a count of 1e400',
      JSON.stringify(verdict({ counts: { high: 7 } })).replace('7}', '1e400}'),
      400,
      '#/verdict/counts/high',
    ],
    ['a negative count', verdict({ counts: { high: -1 } }), 400, '#/verdict/counts/high'],
    ['half a count', verdict({ counts: { high: 0.5 } }), 400, '#/verdict/counts/high'],
    ['text for a count', verdict({ counts: { high: '1' } }), 400, '#/verdict/counts/high'],
    ['a password in the repository', facts({ repository: 'https://jane:secret@example.com/a' }), 400, '#/repository'],
    ['an upper-case digest', facts({ sbomDigest: digestOf('x').toUpperCase() }), 400, '#/sbomDigest'],
  ])('a body with %s', async (what, body, status, ...[pointer]) => {
    const answer = await ledger.request('PUT', RELEASE, {
      body: body as string,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.body).toMatchObject({
      status,
      type: expect.any(String),
      title: expect.any(String),
      requestId: expect.stringMatching(UUID),
    });
    if (what === 'invalid UTF-8') expect(answer.body.detail).toContain('UTF-8');
    if (pointer) expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test.each(['\\ud800', '\\udc00 \\ud800', '\\u0000', '\\u0007'])('an actor with %s', async (text) => {
    const answer = await ledger.request('POST', '/v1/services/shop/environments/production/deployments', {
      body: `{"digest":"${digestOf('release')}","actor":"${text}","kind":"deploy"}`,
      headers: { 'idempotency-key': 'k' },
    });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '#/actor']);
  });

  test('every offending field is named, in every part of the request', async () => {
    const answer = await ledger.request('POST', '/v1/services/-/environments/UP/deployments', {
      body: { digest: 'x', kind: 'k', extra: 1 },
    });
    expect(
      answer.body.errors.map((error: { in: string; pointer: string }) => `${error.in} ${error.pointer}`).sort(),
    ).toEqual(
      [
        'path #/service',
        'path #/environment',
        'header #/idempotency-key',
        'body #/digest',
        'body #/kind',
        'body #/actor',
        'body #/extra',
      ].sort(),
    );
  });

  test.each([
    ['another media type', { 'content-type': 'text/xml' }, 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('%s', async (_what, headers, status) => {
    const answer = await ledger.request('PUT', RELEASE, { body: 'a=b', headers });
    expect([answer.status, answer.body.status]).toEqual([status, status]);
  });

  test('a method that a path does not have is 405 with those it has; an unknown path is 404', async () => {
    const answer = await ledger.request('DELETE', RELEASE);
    expect([answer.status, answer.headers.get('allow'), answer.body.status]).toEqual([405, 'GET, HEAD, PUT', 405]);
    expect((await ledger.request('DELETE', '/v1')).status).toBe(404);
  });

  test.each([
    '/v1/services/a%2Fb/releases',
    '/v1/services/%00/releases',
    `/v1/services/${'x'.repeat(600)}/releases`,
    '/v1/services/x/releases?cursor=' + 'A'.repeat(9_000),
  ])('the URL %.60s', async (path) => {
    const answer = await ledger.request('GET', path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.requestId).toMatch(UUID);
  });

  test('the statements an attacker would send are text like any other', async () => {
    await ledger.request('PUT', RELEASE, { body: releaseFacts() });
    const actor = `Robert'); DROP TABLE deployments; -- $1 \\ "`;
    const answer = await ledger.request('POST', '/v1/services/checkout/environments/production/deployments', {
      body: { digest: digestOf('release'), actor, kind: 'deploy' },
      headers: { 'idempotency-key': `';DELETE--` },
    });
    expect([answer.status, answer.body.actor]).toEqual([201, actor]);
  });

  test('what is not HTTP, and headers without end', async () => {
    expect(await raw('NOT HTTP AT ALL\r\n\r\n', ledger)).toMatch(/^HTTP\/1\.1 400 .*"status":400/s);
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(long, ledger)).toMatch(/^HTTP\/1\.1 431 .*"status":431/s);
  });

  test('headers and bodies that never come', async () => {
    // One of its own: with such time-outs a slow machine would refuse a large body for its slowness.
    const impatient = await startLedger({ HEADERS_TIMEOUT_MS: '400', REQUEST_TIMEOUT_MS: '800' });
    try {
      const [headers, body] = await Promise.all([
        raw('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', impatient),
        raw(
          `PUT ${RELEASE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${SECRETS.write}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
          impatient,
        ),
      ]);
      expect(headers).toMatch(/^HTTP\/1\.1 408 .*"status":408/s);
      expect(body).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      await impatient.stop();
    }
  });
});

describe('the document', () => {
  test('names every operation, and its examples are accepted as they stand', async () => {
    const { body: document } = await ledger.request('GET', '/openapi.json');
    const operations = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toMatchInlineSnapshot(`
      [
        "GET /health",
        "GET /health/live",
        "GET /health/ready",
        "GET /v1/deployments/{id}",
        "GET /v1/services/{service}/dora",
        "GET /v1/services/{service}/environments",
        "GET /v1/services/{service}/environments/{environment}",
        "GET /v1/services/{service}/environments/{environment}/deployments",
        "GET /v1/services/{service}/releases",
        "GET /v1/services/{service}/releases/{digest}",
        "GET /version",
        "PATCH /v1/deployments/{id}",
        "POST /v1/services/{service}/environments/{environment}/deployments",
        "PUT /v1/services/{service}/releases/{digest}",
      ]
    `);
    const value = (parameter: any): string => encodeURIComponent(String(parameter.schema.example));
    for (const [path, item] of Object.entries<any>(document.paths)) {
      for (const method of ['put', 'post', 'get', 'patch']) {
        const operation = item[method];
        if (!operation) continue;
        let url = path;
        const headers: Record<string, string> = {};
        const query: string[] = [];
        for (const parameter of operation.parameters) {
          if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, value(parameter));
          else if (parameter.in === 'header') headers[parameter.name] = String(parameter.schema.example);
          else if (parameter.schema.example !== undefined) query.push(`${parameter.name}=${value(parameter)}`);
        }
        const body = operation.requestBody?.content['application/json'].schema.example;
        const answer = await ledger.request(method.toUpperCase(), `${url}?${query.join('&')}`, {
          headers,
          ...(body ? { body } : {}),
        });
        // An example deployment's id is nobody's, and the example environment may be taken: those say so.
        expect([method, url, [200, 201, 404, 409].includes(answer.status) || answer.body]).toEqual([method, url, true]);
        expect(Object.keys(operation.responses)).toContain(String(answer.status));
      }
    }
  });

  test('is shown at /docs as one page that loads nothing', async () => {
    const page = await ledger.request('GET', '/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).not.toMatch(/<script|<link|<img|src=|https?:\/\/(?!github\.com\/acme)/);
    expect(page.text).toContain('Start a deployment');
    expect(page.text).toContain('id="release-differs"');
  });
});
