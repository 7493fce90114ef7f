/** What is believed: requests, registries, traffic. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { Docker } from '../src/docker.ts';
import { frontDoor, traffic, worse } from '../src/front-door.ts';
import { clockSkew } from '../src/preflight.ts';
import { Registry } from '../src/registry.ts';
import { parseRequest } from '../src/request.ts';

const hex = 'a'.repeat(64);
const wanted = {
  action: 'deploy',
  actor: 'Jane <jane@acme.example>',
  environment: 'production',
  json: false,
  wait: 0,
  breakLock: false,
  dryRun: false,
  bake: 15,
  migrate: 120,
  interrupt: false,
  release: {
    image: `registry.example:5000/acme/ledger@sha256:${hex}`,
    bundle: `sha256:${hex}`,
    commit: 'b'.repeat(40),
    verdict: hex,
    policy: hex,
  },
};

describe('a request', () => {
  test('is one line of JSON; what follows is a password, which may hold anything', () => {
    const { request, credentials } = parseRequest(
      `${JSON.stringify({ ...wanted, registryUsername: 'u' })}\np"a\ns$s\n`,
    );
    assert.equal(request.action, 'deploy');
    assert.deepEqual(credentials, { username: 'u', password: 'p"a\ns$s' });
  });
  for (const [name, changed, message] of [
    [
      'a tag instead of a digest',
      { release: { ...wanted.release, image: 'a/b:latest' } },
      /^release\.image is "a\/b:latest"/,
    ],
    [
      'an image that looks like a flag',
      { release: { ...wanted.release, image: `--privileged@sha256:${hex}` } },
      /^release\.image/,
    ],
    ['a bundle without a digest', { release: { ...wanted.release, bundle: '../../etc' } }, /^release\.bundle/],
    ['an environment that is a path', { environment: '../prod' }, /^environment/],
    ['no actor', { actor: '' }, /^actor/],
    ['a line break in the actor', { actor: 'a\nb' }, /^actor/],
    ['an endless bake', { bake: 1e9 }, /^bake is 1000000000: a whole number from 0 to 3600/],
    ['an unknown action', { action: 'destroy' }, /"destroy" is no action/],
  ] as const) {
    test(`with ${name} is refused`, () => {
      assert.throws(() => parseRequest(JSON.stringify({ ...wanted, ...changed })), { name: 'Mistake', message });
    });
  }
  test('that is none is refused', () => {
    assert.throws(() => parseRequest(''), { name: 'Mistake' });
  });
});

describe('a registry', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function serving(listener: RequestListener): Promise<Registry> {
    server = createServer(listener);
    await new Promise<void>((ready) => server!.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    const docker = new Docker(() => Promise.resolve({ code: 0, stdout: '{}', stderr: '' }));
    return Registry.of(`127.0.0.1:${port}/acme/ledger`, docker, { username: 'u', password: 'p' });
  }
  const body = '{"layers":[]}';
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;

  test('is believed what has the digest', async () => {
    const registry = await serving((_, response) => response.end(body));
    assert.deepEqual(await registry.manifest(digest), { layers: [] });
  });
  test('is not believed what was changed', async () => {
    const registry = await serving((_, response) => response.end(`${body} `));
    await assert.rejects(registry.manifest(digest), /somebody changed it on the way/);
  });
  test('that is busy is asked again', async () => {
    let asked = 0;
    const registry = await serving((_, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(asked === 1 ? 429 : 503, { 'retry-after': '0.05' });
      response.end(asked < 3 ? '' : body);
    });
    await registry.manifest(digest);
    assert.equal(asked, 3);
  });
  test('that wants a token gets one, with the credentials', async () => {
    const registry = await serving((request, response) => {
      if (request.url!.startsWith('/token')) {
        assert.equal(request.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
        assert.match(request.url!, /scope=repository%3Aacme%2Fledger%3Apull/);
        response.end('{"token":"t"}');
      } else if (request.headers.authorization !== 'Bearer t') {
        const realm = `http://${request.headers.host}/token`;
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="r"` }).end();
      } else response.end(body);
    });
    await registry.manifest(digest);
  });
  test('that has no such thing is named', async () => {
    const registry = await serving((_, response) => response.writeHead(404).end());
    await assert.rejects(registry.manifest(digest), /answered 404 for acme\/ledger\/manifests/);
  });
});

describe('traffic', () => {
  const line = (status: number, ms: number) => JSON.stringify({ status_code: status, duration_ms: ms });

  test('is read from the lines that are about a request', () => {
    const log = [
      '2026/11/22 [notice] reload',
      line(200, 5),
      line(502, 90),
      '{"status_code":20',
      '{"other":1}',
      '',
    ].join('\n');
    assert.deepEqual(traffic(log), { requests: 2, errors: 1, p95: 90 });
    assert.deepEqual(traffic(''), { requests: 0, errors: 0, p95: 0 });
  });
  test('before the switch is the old colour’s: a deploy that failed moments ago is no excuse for the next', () => {
    const behind = (upstream: string, status: number) =>
      JSON.stringify({ status_code: status, duration_ms: 5, upstream });
    const log = [
      behind('172.18.0.5:3000', 200),
      behind('172.18.0.50:3000', 500),
      behind('172.18.0.50:3000, 172.18.0.5:3000', 200),
      behind('', 503),
      line(502, 90),
    ].join('\n');
    assert.deepEqual(traffic(log, '172.18.0.5:3000'), { requests: 2, errors: 0, p95: 5 });
  });
  const calm = { requests: 100, errors: 0, p95: 40 };
  test('is not worse for one error, or for a little more time', () => {
    assert.equal(worse(calm, { requests: 100, errors: 2, p95: 60 }), undefined);
    assert.equal(worse(calm, { requests: 100, errors: 0, p95: 300 }), undefined);
  });
  test('is worse for errors that were not there before', () => {
    assert.match(worse(calm, { requests: 10, errors: 3, p95: 40 })!, /3 of 10 requests were answered with 5xx/);
    assert.equal(worse({ requests: 100, errors: 40, p95: 40 }, { requests: 10, errors: 4, p95: 40 }), undefined);
  });
  test('is worse for being much slower, if there is enough to compare', () => {
    assert.match(worse(calm, { requests: 30, errors: 0, p95: 900 })!, /up to 900 ms, before the switch 40 ms/);
    assert.equal(worse({ ...calm, requests: 5 }, { requests: 30, errors: 0, p95: 900 }), undefined);
  });
});

test('the front door is where the settings put it', () => {
  assert.deepEqual(frontDoor({}), { origin: 'http://127.0.0.1:8080' });
  assert.deepEqual(frontDoor({ SLUICE_HTTP_LISTEN: '0.0.0.0:80' }), { origin: 'http://127.0.0.1:80' });
  assert.deepEqual(
    frontDoor({
      COMPOSE_FILE: 'compose.yaml:compose.tls.yaml',
      SLUICE_HTTPS_LISTEN: '0.0.0.0:443',
      SLUICE_DOMAIN: 'l.example',
    }),
    { origin: 'https://127.0.0.1:443', name: 'l.example' },
  );
});

test('a clock is wrong only if it is outside of the time that it took to read it', () => {
  assert.equal(clockSkew(100, 100.5, 101), 0);
  assert.equal(clockSkew(100, 150, 190), 0);
  assert.equal(clockSkew(100, 40, 101), -60);
  assert.equal(clockSkew(100, 162, 101), 60);
});
