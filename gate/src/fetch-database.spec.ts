/** The vulnerability database from a registry: a real one's manners, played by a server of our own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { downloadDatabase, resolveDatabase, unpackDatabase } from './fetch-database.ts';

const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function scratch(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-database-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A tar archive of the two files. */
function archive(folder: string, files = ['trivy.db', 'metadata.json']): string {
  const from = join(folder, 'from');
  mkdirSync(from);
  for (const file of files) writeFileSync(join(from, file), file);
  execFileSync('tar', ['-czf', join(folder, 'made.tar.gz'), '-C', from, ...files]);
  return join(folder, 'made.tar.gz');
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
}

/** A registry with one database, which `before` may answer for. */
async function registry(
  test: TestContext,
  layer: Uint8Array,
  before: (request: IncomingMessage, url: string) => Answer | undefined = () => undefined,
) {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    layers: [{ mediaType: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip', digest: digestOf(layer) }],
  });
  let origin = '';
  const server = createServer((request, response) => {
    const { status, headers, body }: Answer =
      before(request, origin) ??
      (/\/manifests\/(2|sha256:.*)$/.test(request.url!)
        ? { status: 200, body: manifest }
        : request.url!.endsWith(`/blobs/${digestOf(layer)}`)
          ? { status: 200, body: layer }
          : { status: 404 });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  test.after(() => server.close());
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { reference: `${origin}/mirror/trivy-db`, digest: digestOf(manifest) };
}

describe('the vulnerability database from a registry', () => {
  it('is named by the digest that its tag has today, and comes by that digest', async (test) => {
    const folder = scratch(test);
    const { reference, digest } = await registry(test, readFileSync(archive(folder)));
    const found = await resolveDatabase([`${reference}:2`]);
    assert.equal(found, `${reference}@${digest}`);
    await downloadDatabase(found, join(folder, 'out'));
    assert.equal(readFileSync(join(folder, 'out/db/trivy.db'), 'utf8'), 'trivy.db');
    assert.equal(readFileSync(join(folder, 'out/digest'), 'utf8'), `${digest}\n`);
  });

  it('is asked for with a token where the registry wants one, and with the password only for that', async (test) => {
    const seen: (string | undefined)[] = [];
    const { reference } = await registry(test, readFileSync(archive(scratch(test))), (request, origin) => {
      const { authorization } = request.headers;
      if (request.url!.startsWith('/token')) {
        seen.push(authorization, request.url);
        return { status: 200, body: '{"token":"t"}' };
      }
      const challenge = `Bearer realm="${origin}/token",service="r",scope="repository:mirror/trivy-db:pull"`;
      return authorization === 'Bearer t' ? undefined : { status: 401, headers: { 'www-authenticate': challenge } };
    });
    await resolveDatabase([`${reference}:2`], { credentials: 'ann:secret\n' });
    assert.deepEqual(seen, [
      `Basic ${Buffer.from('ann:secret').toString('base64')}`,
      '/token?service=r&scope=repository%3Amirror%2Ftrivy-db%3Apull',
    ]);
  });

  it('is asked for again where the registry is busy, and at the next place where it stays so', async (test) => {
    let calls = 0;
    const layer = readFileSync(archive(scratch(test)));
    const busy = await registry(test, layer, () => {
      calls += 1;
      return { status: 429 };
    });
    const other = await registry(test, layer);
    const found = await resolveDatabase([`${busy.reference}:2`, `${other.reference}:2`], { pauses: [1, 1] });
    assert.equal(found, `${other.reference}@${other.digest}`);
    assert.equal(calls, 3);
    await assert.rejects(resolveDatabase([`${busy.reference}:2`], { pauses: [] }), {
      message: `${busy.reference}:2: the registry answered 429 Too Many Requests`,
    });
  });

  it('is nothing that has not the digest asked for, nor what holds something else', async (test) => {
    const folder = scratch(test);
    const good = readFileSync(archive(folder));
    const { reference, digest } = await registry(test, good, (request) =>
      request.url!.includes('/blobs/') ? { status: 200, body: 'other' } : undefined,
    );
    await assert.rejects(downloadDatabase(`${reference}@${digest}`, join(folder, 'a')), /what came is not sha256:/);
    await assert.rejects(
      downloadDatabase(`${reference}@sha256:${'0'.repeat(64)}`, join(folder, 'b')),
      /the manifest is not sha256:0000/,
    );
    const image = await registry(test, good, () => ({ status: 200, body: '{"layers":[{"mediaType":"x"}]}' }));
    await assert.rejects(resolveDatabase([`${image.reference}:2`]), /it is no vulnerability database: no layer of/);
    const half = scratch(test);
    assert.throws(() => unpackDatabase(archive(half, ['metadata.json']), half), /holds no trivy\.db/);
    writeFileSync(join(half, 'text'), 'text');
    assert.throws(() => unpackDatabase(join(half, 'text'), half), /is no tar archive/);
  });

  it('says why a registry could not be reached, and what a reference looks like', async () => {
    await assert.rejects(resolveDatabase(['http://127.0.0.1:9/x/y:2']), /can't be reached/);
    await assert.rejects(resolveDatabase(['nonsense']), /write HOST\/NAME:TAG/);
  });
});
