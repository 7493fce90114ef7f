import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

const lines = (file: string) =>
  read(file).findings.map(({ severity, rule, http, suppressed }) =>
    [severity, rule, http?.method, http?.url, ...(suppressed ? ['suppressed'] : [])].join(' '),
  );

describe('the ZAP reader', () => {
  it('makes a finding of each instance of an alert', () => {
    assert.deepEqual(lines('zap/zap-2.17.json'), [
      'high 40018 GET http://app:3000/releases?q=1%27',
      'high 40018 POST http://app:3000/releases',
      'medium 10038-1 GET http://app:3000/docs',
      'info 10049-3 GET http://app:3000/',
      'info 10049-3 GET http://app:3000/docs',
      'info 10049-3 GET http://app:3000/docs',
      'low 10010 GET http://app:3000/login suppressed',
    ]);
    const [first, , , third] = read('zap/zap-2.17.json').findings;
    assert.deepEqual(first, {
      tool: 'zap',
      rule: '40018',
      severity: 'high',
      toolSeverity: 'High (Medium)',
      message: 'SQL Injection (parameter q, evidence You have an error): What it is & why <script> matters. More.',
      http: { method: 'GET', url: 'http://app:3000/releases?q=1%27' },
      cwe: [89],
      help: 'https://weakness.example/a',
    });
    assert.equal(third?.cwe, undefined);
    assert.equal(third?.help, 'https://www.zaproxy.org/docs/alerts/10049-3/');
  });

  it("reads ZAP's own report of a small API, where nothing is worse than informational", () => {
    assert.deepEqual(
      [...new Set(lines('zap/items.json').map((line) => line.split(' ').slice(0, 2).join(' ')))],
      ['info 10049-1', 'info 10104'],
    );
    assert.deepEqual(counts(read('zap/items.json')), { sites: 1, 'URLs with alerts': 5 });
  });

  it('says which sites and endpoints were reached', () => {
    const reading = read('zap/zap-2.17.json');
    assert.deepEqual(counts(reading), { sites: 1, 'URLs with alerts': 5, endpoints: 12 });
    assert.equal(reading.version, '2.17.0');
    assert.equal(reading.startedAt, '2026-11-22T08:30:00.500Z');
    assert.deepEqual(counts(read('zap/clean.json')), { sites: 1, 'URLs with alerts': 0, endpoints: 12 });
  });

  it('reads the older form, with one of a kind outside a list', () => {
    assert.deepEqual(lines('zap/zap-2.9.json'), ['low 10021 GET http://app:3000/']);
    assert.equal(read('zap/zap-2.9.json').version, '2.9.0');
  });

  it('trusts no scan that reached nothing, stopped early, or contradicts itself', () => {
    assert.equal(read('zap/no-site.json').broken, 'ZAP reached no site');
    assert.equal(read('zap/counts-differ.json').broken, 'ZAP counts 5 instances of alert 40018, but lists 2');
    assert.match(read('zap/stopped.json').broken ?? '', /^ZAP stopped early: .* = 97 on http:\/\/app:3000$/);
    assert.match(read('zap/refused-everywhere.json').broken ?? '', /Percentage of authentication failures = 100/);
  });

  it('refuses what is no whole report', () => {
    const whole = reportText('zap/zap-2.17.json');
    assert.equal(refusal('zap/x.json', ' \n'), 'x.json is empty');
    assert.match(refusal('zap/x.json', whole.slice(0, -20)), /^x\.json is truncated: /);
    assert.match(refusal('zap/x.json', whole.replace('"riskcode": "3"', '"riskcode": "9"')), /site.*/);
    assert.match(refusal('zap/x.json', '{"@programName":"ZAP","@version":"2.17.0"}'), /: site: /);
    assert.match(refusal('zap/x.json', reportText('sarif/semgrep.sarif')), /is SARIF 2\.1\.0, not ZAP's/);
  });
});
