import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';
import { readAs, Report } from './index.ts';

const at = '2026-11-22T08:30:00.000Z';

function archive(requests: [method: string, url: string, status: number, startedDateTime?: string][]): Report {
  const entries = requests.map(([method, url, status, startedDateTime = at]) => ({
    startedDateTime,
    request: { method, url },
    response: { status },
  }));
  return new Report(
    'x.har',
    JSON.stringify({ log: { version: '1.2', creator: { name: 'ZAP', version: '2.17.0' }, entries } }),
  );
}

function description(paths: string[], more: object = { openapi: '3.1.0' }): Report {
  const items = paths.map((line) => {
    const [method, path] = line.split(' ') as [string, string];
    return [path, method.toLowerCase()] as const;
  });
  const all: Record<string, Record<string, object>> = {};
  for (const [path, method] of items) (all[path] ??= {})[method] = { responses: {} };
  return new Report('openapi.json', JSON.stringify({ ...more, paths: all }));
}

const met = (har: Report, document: Report) =>
  readAs('har', har, { description: document }).operations!.map(
    ({ method, path, requests, best }) => `${method} ${path} ${requests} ${best ?? '-'}`,
  );

describe('the HAR reader', () => {
  it("counts the requests and the answers in ZAP's own export", () => {
    const reading = read('har/zap-2.17.har');
    assert.equal(reading.tool, 'zap');
    assert.equal(reading.version, '2.17.0');
    assert.deepEqual(counts(reading), { requests: 27, answers: 27 });
    assert.match(reading.startedAt!, /^2026-11-22T/);
  });

  it('tells by the API description how each operation was met', () => {
    const document = new Report('openapi.json', reportText('openapi/items.json'));
    const reading = readAs('har', new Report('zap.har', reportText('har/zap-2.17.har')), { description: document });
    assert.deepEqual(reading.operations, [
      { method: 'POST', path: '/items', requests: 13, best: 200 },
      { method: 'GET', path: '/items/{id}', requests: 5, best: 200 },
      { method: 'GET', path: '/search', requests: 2, best: 200 },
    ]);
    assert.equal(counts(reading)['reached operations'], 3);
  });

  it('takes the best answer: 2xx before 3xx before 4xx before 5xx before none', () => {
    const document = description(['GET /a', 'GET /b', 'GET /c', 'GET /d']);
    const har = archive([
      ['GET', 'http://h/a', 500],
      ['GET', 'http://h/a?x=1', 204],
      ['GET', 'http://h/a', 404],
      ['GET', 'http://h/b', 503],
      ['GET', 'http://h/b', 401],
      ['GET', 'http://h/c', 0],
    ]);
    assert.deepEqual(met(har, document), ['GET /a 3 204', 'GET /b 2 401', 'GET /c 1 -', 'GET /d 0 -']);
  });

  it('matches by method, whole segments and the most literal template', () => {
    const document = description([
      'GET /users/{id}',
      'GET /users/me',
      'POST /users/{id}',
      'GET /files/{name}.json',
      'GET /ä',
    ]);
    const har = archive([
      ['GET', 'http://h/users/me', 200],
      ['get', 'http://h/users/7', 200],
      ['GET', 'http://h/users/7/orders', 200],
      ['GET', 'http://h/users/', 200],
      ['GET', 'http://h/files/x.json', 200],
      ['GET', 'http://h/files/x-json', 200],
      ['GET', 'http://h/%C3%A4', 200],
    ]);
    assert.deepEqual(met(har, document), [
      'GET /users/{id} 1 200',
      'POST /users/{id} 0 -',
      'GET /users/me 1 200',
      'GET /files/{name}.json 1 200',
      'GET /ä 1 200',
    ]);
  });

  it('puts what the servers of the description stand at before each path', () => {
    const har = archive([['GET', 'http://h/api/v2/a', 200]]);
    const servers = { openapi: '3.0.0', servers: [{ url: 'https://x.example/api/{version}/' }, { url: '/api/v2' }] };
    assert.deepEqual(met(har, description(['GET /a'], servers)), ['GET /a 1 200']);
    assert.deepEqual(met(har, description(['GET /a'], { swagger: '2.0', basePath: '/api/v2' })), ['GET /a 1 200']);
    assert.deepEqual(met(har, description(['GET /a'], { openapi: '3.0.0', servers: [{ url: '/other' }] })), [
      'GET /a 0 -',
    ]);
  });

  it('leaves out the folders that ZAP exports as if it had asked for them', () => {
    const reading = readAs(
      'har',
      archive([
        ['GET', 'http://h/a', 200],
        ['GET', 'http://h', 0, '1970-01-01T00:00:00.000Z'],
      ]),
      {},
    );
    assert.deepEqual(counts(reading), { requests: 1, answers: 1 });
    assert.equal(reading.startedAt, at);
  });

  it('trusts no traffic in which nothing was sent or answered', () => {
    assert.equal(readAs('har', archive([]), {}).broken, 'no request was sent');
    assert.equal(readAs('har', archive([['GET', 'http://h/a', 0]]), {}).broken, 'none of 1 requests was answered');
  });

  it('refuses what is no whole archive, and a description that is none', () => {
    const whole = reportText('har/zap-2.17.har');
    assert.equal(refusal('har/x.har', ''), 'x.har is empty');
    assert.match(refusal('har/x.har', whole.trimEnd().slice(0, -1)), /^x\.har is truncated: /);
    assert.match(refusal('har/x.har', '{"log":{"entries":[]}}'), /^x\.har is not an HTTP archive: log\.version: /);
    assert.match(refusal('har/x.har', reportText('zap/clean.json')), /is ZAP's traditional JSON, not an HTTP archive/);
    const none = new Report('openapi.json', '{"openapi":"3.0.0"}');
    assert.throws(
      () => readAs('har', archive([]), { description: none }),
      /^UnreadableReport: openapi\.json is not an OpenAPI document: paths: /,
    );
  });
});
