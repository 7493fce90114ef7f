/** dast from the waiting to the verdict, over a small API in this process and a ZAP that breaks at will. The real one runs on an engine. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { collectEvidence } from '../../src/evidence.ts';
import { judgeStage } from '../../src/judge-stage.ts';
import type { StageRecord, StageResult } from '../../src/model.ts';
import { parsePolicy } from '../../src/policy.ts';
import { LayoutWriter } from '../../src/oci/layout.ts';
import { mediaTypes } from '../../src/oci/model.ts';
import { openProject } from '../../src/project.ts';
import { runStage } from '../../src/run-stage.ts';
import { dast, redact } from '../../src/stages/dast.ts';
import { day } from '../evidence-folder.ts';

const token = 'a-token-that-nobody-may-read-0123456789';
const operation = { responses: { 200: { description: 'done' } } };
const api = { openapi: '3.0.3', paths: { '/items': { post: operation }, '/items/{id}': { get: operation } } };
const seed = `
prepare:
  - request: POST /items
    body: { colour: red }
    save: { item: /id }
scan:
  - request: GET /items/\${item}
`;
const policyText = `stages:
  dast: { health: /ready, token: {}, seed: seed.yaml, timeout: 5 }
`;

/** What the service answers; tests change it. */
interface Behaviour {
  ready: number;
  document: unknown;
  /** Of requests with the token. */
  items: number;
  /** What kills it when it is first asked for what the seed made. */
  endsWhenScanned?: string;
}

let behaviour: Behaviour;
let monitor: { ended?: string; lines: string[] };
let server: Server;
let folder: string;
/** The archive of the image that the service stands for, and what it holds. */
let archive: string;
let image: NonNullable<StageRecord['subject']>;

before(async () => {
  server = createServer((request, response) => {
    const [status, value] = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
after(() => server.close());

function answer({ url, method, headers }: IncomingMessage): [status: number, value: unknown] {
  if (url === '/monitor') return [200, monitor];
  if (url === '/ready') return [behaviour.ready, {}];
  if (url === '/openapi.json') return behaviour.document === undefined ? [404, {}] : [200, behaviour.document];
  if (headers.authorization !== `Bearer ${token}`) return [401, {}];
  if (url === '/items/7' && behaviour.endsWhenScanned) monitor.ended = behaviour.endsWhenScanned;
  // Says the token back, as a careless service would.
  if (url === '/items' && method === 'POST') return [behaviour.items, { id: 7, seen: headers.authorization }];
  return url === '/items/7' ? [behaviour.items, {}] : [404, {}];
}

beforeEach(async () => {
  behaviour = { ready: 200, document: api, items: 200 };
  monitor = { lines: [] };
  folder = mkdtempSync(join(tmpdir(), 'sluice-dast-test-'));
  mkdirSync(join(folder, 'bin'));
  const script = `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, 'fake-zap.ts')} "$@"\n`;
  writeFileSync(join(folder, 'bin/zap.sh'), script);
  chmodSync(join(folder, 'bin/zap.sh'), 0o755);
  writeFileSync(join(folder, 'package.json'), '{"name":"items"}');
  writeFileSync(join(folder, 'seed.yaml'), seed);
  writeFileSync(join(folder, 'token'), token);
  archive = join(folder, 'image.tar');
  image = await writeImage(archive);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes an archive with an image for each of two platforms. */
async function writeImage(file: string): Promise<typeof image> {
  const writer = new LayoutWriter(file);
  const images = [];
  const manifests = [];
  for (const architecture of ['amd64', 'arm64']) {
    const config = await writer.json('config', { os: 'linux', architecture });
    const manifest = await writer.json(mediaTypes.manifest, { schemaVersion: 2, config, layers: [] });
    images.push({ platform: `linux/${architecture}`, digest: manifest.digest, id: config.digest });
    manifests.push(manifest);
  }
  const index = await writer.json(mediaTypes.index, { schemaVersion: 2, manifests });
  writer.finish({ schemaVersion: 2, manifests: [index] });
  return { digest: index.digest, images };
}

interface Run {
  policy?: string;
  environment?: Record<string, string>;
  /** Without one nothing says which image runs. */
  ociArchive?: string | undefined;
  /** What the stage build made. */
  built?: { digest?: string };
}

/** Runs the stage and judges it. */
async function scan(given: Run = {}): Promise<{
  record: StageRecord;
  result: StageResult;
  warnings: string[];
}> {
  const { policy = policyText, environment = {}, built } = given;
  const ociArchive = 'ociArchive' in given ? given.ociArchive : archive;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const changed = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    DAST_TARGET: url,
    DAST_MONITOR: `${url}/monitor`,
    DAST_TOKEN_FILE: join(folder, 'token'),
    DAST_PLATFORM: 'linux/amd64',
    ...environment,
  };
  const saved = Object.fromEntries(Object.keys(changed).map((name) => [name, process.env[name]]));
  Object.assign(process.env, changed);
  try {
    const law = parsePolicy(Buffer.from(policy), 'sluice.yaml', day);
    const reports = join(folder, 'reports');
    const record = await runStage(dast, openProject(folder), law.stages.dast, {
      ...{ reports, image: 'zap@sha256:0' },
      inputs: { ...(ociArchive !== undefined && { ociArchive }) },
    });
    const evidence = await collectEvidence(join(reports, 'dast'), dast, law.stages.dast, {});
    const { result, warnings } = judgeStage(dast, evidence, {
      policy: law.stages.dast,
      waivers: [],
      day,
      at: new Date(),
      block: 'all',
      ...(built && { built }),
    });
    return { record, result, warnings };
  } finally {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

describe('dast', () => {
  it('passes when every operation answered well once, and tells how each was met', async () => {
    const { result, record } = await scan();
    assert.equal(`${result.status}: ${result.reason}`, 'passed: 0 findings · 2 operations');
    assert.deepEqual(result.operations, [
      { method: 'POST', path: '/items', requests: 1, best: 200 },
      { method: 'GET', path: '/items/{id}', requests: 2, best: 200 },
    ]);
    assert.equal(record.exitCode, 0);
  });

  it('keeps the token out of everything that it leaves, also out of a body that says it back', async () => {
    const { record } = await scan();
    const left = join(folder, 'reports/dast');
    for (const file of readdirSync(left)) {
      const text = readFileSync(join(left, file), 'utf8');
      const bodies = [...text.matchAll(/"text" : "([^"]+)"/g)].map(([, body]) =>
        Buffer.from(body!, 'base64').toString(),
      );
      assert.ok(![text, ...bodies].some((one) => one.includes(token)), file);
    }
    assert.match(readFileSync(join(left, 'zap.har'), 'utf8'), /Bearer \[redacted\]|"\[redacted\]"/);
    assert.ok(!JSON.stringify(record).includes(token));
  });

  it('takes the token out of URLs and escapes as well', () => {
    assert.equal(redact('a=p%2Fq%3D%3D&b="p/q=="', ['p/q==']), 'a=[redacted]&b="[redacted]"');
  });

  const broken: [what: string, change: () => Run, reason: RegExp][] = [
    ['ZAP is missing', () => ({ environment: { PATH: '/nonexistent' } }), /^zap\.sh is not installed$/],
    ['ZAP hangs', () => ({ environment: { FAKE_ZAP: 'hang' } }), /^stopped after 5 s \(stages\.dast\.timeout\)/],
    ['ZAP is killed', () => ({ environment: { FAKE_ZAP: 'killed' } }), /^zap was ended by SIGKILL/],
    ['a job of the plan fails', () => ({ environment: { FAKE_ZAP: 'job error' } }), /exit code 1: the plan has run$/],
    ['ZAP leaves no traffic', () => ({ environment: { FAKE_ZAP: 'no report' } }), /^no zap\.har/],
    ['the traffic is truncated', () => ({ environment: { FAKE_ZAP: 'truncated' } }), /^zap\.har is truncated/],
    [
      'the image crashed at start',
      () => {
        behaviour.ready = 503;
        monitor = { ended: 'exit code 1', lines: ['starting', `no database for ${token}`] };
        return {};
      },
      /^the image ended before it was ready: exit code 1: no database for \[redacted\]$/,
    ],
    [
      'the image is never ready',
      () => {
        behaviour.ready = 503;
        monitor = { lines: ['still waiting'] };
        return { policy: policyText.replace('timeout: 5', 'timeout: 1') };
      },
      /^the image was not ready within 1 s: GET \/ready answered 503: still waiting$/,
    ],
    [
      'nothing answers at all',
      () => ({
        policy: policyText.replace('timeout: 5', 'timeout: 1'),
        environment: { DAST_TARGET: 'http://127.0.0.1:9', DAST_MONITOR: '' },
      }),
      /^the image was not ready within 1 s: GET \/ready did not answer/,
    ],
    [
      'the document is not where the policy names it',
      () => ({ policy: policyText.replace('health', 'openapi: /api-json, health') }),
      /^GET \/api-json answered 404: no OpenAPI document where stages\.dast\.openapi names it$/,
    ],
    [
      'the document has no operation',
      () => {
        behaviour.document = { ...api, paths: {} };
        return {};
      },
      /^the OpenAPI document has no operation$/,
    ],
    [
      'the document is of an unknown version',
      () => {
        behaviour.document = { ...api, openapi: '4.0.0' };
        return {};
      },
      /^openapi\.json is of no version of OpenAPI known here/,
    ],
    [
      'the seed is refused',
      () => {
        behaviour.items = 500;
        return {};
      },
      /^the seed's POST \/items answered 500: /,
    ],
    [
      'the seed needs what nothing saved',
      () => {
        writeFileSync(join(folder, 'seed.yaml'), seed.replace('/${item}', '/${itm}'));
        return {};
      },
      /^seed\.yaml: \$\{itm\} has no value/,
    ],
    [
      'the token is refused everywhere',
      () => {
        writeFileSync(join(folder, 'token'), 'another-token');
        return { policy: policyText.replace('seed: seed.yaml, ', '') };
      },
      /^the token was refused everywhere: POST \/items \(401\), GET \/items\/\{id\} \(401\)$/,
    ],
    [
      'an operation only ever answered 404',
      () => ({ policy: policyText.replace('seed: seed.yaml, ', '') }),
      /^an API operation that DAST never reached: 1 of 2: GET \/items\/\{id\} \(404\)$/,
    ],
  ];
  for (const [what, change, reason] of broken) {
    it(`is broken when ${what}`, async () => {
      const { result } = await scan(change());
      assert.equal(result.status, 'broken', result.reason);
      assert.match(result.reason, reason);
    });
  }

  it('is broken when the image ended while it was scanned', async () => {
    behaviour.endsWhenScanned = 'ended by SIGKILL';
    const { result } = await scan();
    assert.equal(`${result.status}: ${result.reason}`, 'broken: the image ended during the scan: ended by SIGKILL');
  });

  it('says which image ran, and is no evidence for another', async () => {
    const { record, result } = await scan({ built: { digest: image.digest } });
    assert.equal(result.status, 'passed', result.reason);
    assert.deepEqual(record.subject, { ...image, images: image.images.slice(0, 1) });

    const onArm = await scan({ environment: { DAST_PLATFORM: 'linux/arm64/v8' } });
    assert.deepEqual(onArm.record.subject, { ...image, images: image.images.slice(1) });

    const another = await scan({ built: { digest: `sha256:${'ab'.repeat(32)}` } });
    assert.equal(another.result.status, 'broken');
    assert.match(another.result.reason, /^looked at the image sha256:\w+…, but build made sha256:abababababab…$/);
  });

  it('is broken where nothing says which image runs', async () => {
    const reasons: [Run, RegExp][] = [
      [{ ociArchive: undefined }, /^nothing says which image runs: name its archive with --oci-archive$/],
      [{ ociArchive: join(folder, 'token') }, /token holds no OCI image: no index\.json in it$/],
      [
        { environment: { DAST_PLATFORM: 'linux/s390x' } },
        /holds images for linux\/amd64, linux\/arm64: DAST_PLATFORM has to name the one that runs$/,
      ],
    ];
    for (const [run, reason] of reasons) {
      const { result } = await scan(run);
      assert.equal(result.status, 'broken');
      assert.match(result.reason, reason);
    }
  });

  it('is absent without a document, and says which line would name it', async () => {
    behaviour.document = undefined;
    const { result } = await scan();
    assert.equal(result.status, 'absent');
    assert.match(result.reason, /^no OpenAPI document at \/openapi\.json, .*stages\.dast\.openapi$/);
  });

  it('lets the policy excuse an operation by name, and says when that is not needed any more', async () => {
    const unreached = (path: string) =>
      policyText.replace('seed: seed.yaml, ', `unreached: [{ operation: 'GET ${path}', reason: needs a printer }], `);
    const excused = await scan({ policy: unreached('/items/{id}') });
    assert.equal(excused.result.status, 'passed', excused.result.reason);
    assert.equal(excused.result.reason, '0 findings · 2 operations · 1 unreached operation');
    assert.deepEqual(excused.warnings, []);
    const stale = await scan({
      policy: policyText.replace(
        'timeout',
        'unreached: [{ operation: POST /items, reason: r }, { operation: GET /x, reason: r }], timeout',
      ),
    });
    assert.equal(stale.result.status, 'passed', stale.result.reason);
    assert.deepEqual(stale.warnings, [
      'stages.dast.unreached: POST /items was reached: remove it',
      'stages.dast.unreached: GET /x is not in the OpenAPI document: remove it',
    ]);
  });

  it('uses a token that the service itself gives out', async () => {
    writeFileSync(join(folder, 'token'), 'not-this-one');
    writeFileSync(
      join(folder, 'seed.yaml'),
      `prepare:\n  - request: POST /items\n    headers: { authorization: Bearer ${token} }\n    save: { item: /id, LOGIN: /seen }\nscan:\n  - request: GET /items/\${item}\n`,
    );
    const { result } = await scan({ policy: policyText.replace('token: {}', "token: { value: '${LOGIN}' }") });
    assert.equal(result.status, 'passed', result.reason);
    assert.ok(!readFileSync(join(folder, 'reports/dast/zap.har'), 'utf8').includes(token));
  });
});
