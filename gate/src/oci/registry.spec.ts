/** Names of images, and the answer to a registry that wants a token, which the registry of the other tests does not. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { parseReference, parseRepository } from './reference.ts';
import { Registry, RegistryError } from './registry.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('parseReference', () => {
  it('reads host, path, tag and digest, and whether plain HTTP is allowed', () => {
    assert.deepEqual(parseReference(`ghcr.io/acme/till:1.2@${digest}`), {
      ...{ host: 'ghcr.io', path: 'acme/till', plainHttp: false, tag: '1.2', digest },
    });
    assert.deepEqual(parseReference('http://localhost:5000/till'), {
      ...{ host: 'localhost:5000', path: 'till', plainHttp: true },
    });
  });

  it('refuses what names no host, no path, half a digest, or would be somebody’s password', () => {
    for (const text of [
      'till',
      'acme/till',
      'ghcr.io/',
      'ghcr.io/Till',
      `ghcr.io/till@sha256:abc`,
      'ann:pw@ghcr.io/till',
    ]) {
      assert.throws(() => parseReference(text), /names no image/, text);
    }
    assert.throws(() => parseRepository('ghcr.io/till:latest'), /a repository is wanted/);
  });
});

describe('Registry', () => {
  it('gets a token for its credentials, tells nobody else, and gets another when that has expired', async (test) => {
    const asked: string[] = [];
    let valid = 0;
    const server = createServer((incoming, outgoing) => {
      const { authorization } = incoming.headers;
      if (incoming.url!.startsWith('/token')) {
        asked.push(`${incoming.url} ${authorization}`);
        valid += 1;
        outgoing.end(JSON.stringify({ token: `token-${valid}` }));
      } else if (authorization === `Bearer token-${valid}`) {
        outgoing.end('{"schemaVersion":2}');
      } else {
        const challenge = `Bearer realm="http://${incoming.headers.host}/token",service="lab"`;
        outgoing.writeHead(401, { 'www-authenticate': challenge }).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    test.after(() => server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { username: 'ann', password: 'pw' };
    const registry = new Registry({ host, path: 'acme/till', plainHttp: true }, { credentials });
    assert.ok(await registry.resolve('latest'));
    valid += 1;
    assert.ok(await registry.resolve('latest'));
    const basic = `Basic ${Buffer.from('ann:pw').toString('base64')}`;
    assert.deepEqual(asked, Array(2).fill(`/token?service=lab&scope=repository%3Aacme%2Ftill%3Apull%2Cpush ${basic}`));
  });

  it('does not believe a manifest that has another digest than was asked for', async (test) => {
    const server = createServer((_, outgoing) => outgoing.end('{"schemaVersion":2}'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    test.after(() => server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const registry = new Registry({ host, path: 'acme/till', plainHttp: true });
    await assert.rejects(
      registry.resolve(digest),
      (error: Error) => error instanceof RegistryError && /something else/.test(error.message),
    );
  });
});
