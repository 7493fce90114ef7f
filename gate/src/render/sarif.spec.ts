import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import Ajv from 'ajv';
import { aFinding as finding, aStage as stage, aVerdict as verdict } from '../../test/made-verdict.ts';
import { marked, readBase } from '../baseline.ts';
import type { Finding, Severity, WaivedFinding } from '../model.ts';
import { readAs, Report } from '../readers/index.ts';
import { sarif } from './sarif.ts';

interface Result {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: {
    physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region: Record<string, number> };
    logicalLocations?: { fullyQualifiedName: string; kind: string }[];
  }[];
  partialFingerprints: Record<string, string>;
  baselineState?: string;
  suppressions?: { kind: string; status: string; justification: string }[];
  webRequest?: { method?: string; target: string };
  properties: Record<string, unknown>;
}
interface Run {
  tool: {
    driver: {
      name: string;
      version?: string;
      rules: ({ id: string; properties: Record<string, unknown> } & Record<string, unknown>)[];
    };
  };
  automationDetails: { id: string };
  invocations: {
    executionSuccessful: boolean;
    toolExecutionNotifications?: { level: string; message: { text: string } }[];
  }[];
  results: Result[];
}
const runs = (text: string) => (JSON.parse(text) as { runs: Run[] }).runs;
const results = (text: string) => runs(text).flatMap((run) => run.results);
const place = (one: Finding) => results(sarif(verdict([stage('scan', 'trivy', [one])])))[0]!.locations[0]!;
const uri = (one: Finding) => place(one).physicalLocation.artifactLocation;

/** What is wrong with a text by the official schema of SARIF 2.1.0. */
function schemaErrors(text: string): string[] {
  const load = createRequire(import.meta.url);
  const draft4 = load('ajv/lib/refs/json-schema-draft-04.json') as object;
  const schema = load('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object;
  const validator = new Ajv({ schemaId: 'auto', meta: draft4, allErrors: true });
  const valid = validator.validate(schema, JSON.parse(text));
  return valid ? [] : (validator.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message}`);
}

describe('sluice.sarif', () => {
  it('validates against the official schema, whatever is in the findings', () => {
    const hostile = '</script><script>alert(1)</script> \u0000 \u202e \ud800 %zz ../.. {0} [x](javascript:y)';
    const broken: Partial<Finding>[] = [
      {},
      { rule: '', message: '' },
      {
        rule: hostile,
        message: hostile,
        help: hostile,
        toolSeverity: hostile,
        location: { path: hostile, line: 0, column: 0 },
      },
      { location: { path: `/${hostile}`, line: 7 }, cwe: [0, 79, 79] },
      { package: { name: hostile, version: hostile, fixedIn: hostile }, suppressed: true },
      { http: { method: hostile, url: hostile } },
      { http: { method: '', url: 'http://[::1]:3000/ü?q=<script>#x' }, help: 'https://x.example/a b' },
    ];
    const all = verdict([
      stage(
        'lint',
        'eslint',
        broken.map((over) => finding({ tool: 'eslint', ...over })),
      ),
      stage('scan', 'trivy', broken.map(finding)),
      stage('test', 'jest', [], 'passed'),
      { ...stage('build', 'npm', [], 'broken'), startedAt: hostile, reason: hostile },
    ]);
    const text = sarif(all);
    assert.deepEqual(schemaErrors(text), []);
    assert.equal(results(text).length, 2 * broken.length);
    assert.deepEqual(schemaErrors(sarif(all, { most: 3 })), []);
    assert.deepEqual(schemaErrors(sarif(verdict([]))), []);
    assert.notDeepEqual(schemaErrors('{"version":"2.1.0"}'), []);
    assert.notDeepEqual(schemaErrors(text.replace('"ruleIndex": 0', '"ruleIndex": "0"')), []);
  });

  it('has a run for each tool, those that found nothing included, and none for a stage that did not run', () => {
    const all = runs(
      sarif(
        verdict([
          stage('lint', 'eslint', [finding({ tool: 'eslint' })]),
          stage('scan', 'trivy', [finding()]),
          stage('config', 'trivy', [finding({ rule: 'DS-1' })]),
          stage('test', 'jest', [], 'passed'),
          stage('build', 'npm', [], 'broken'),
          stage('dast', 'zap', [], 'not run'),
        ]),
      ),
    );
    assert.deepEqual(
      all.map(({ tool, results: found, invocations }) => [tool.driver.name, found.length, invocations.length]),
      [
        ['eslint', 1, 1],
        ['jest', 0, 1],
        ['npm', 0, 1],
        ['trivy', 2, 2],
      ],
    );
    assert.equal(all[0]!.tool.driver.version, '1.2.3');
    assert.equal(all[3]!.automationDetails.id, 'sluice/trivy/');
    assert.equal(all[2]!.invocations[0]!.executionSuccessful, false);
    assert.equal(all[2]!.invocations[0]!.toolExecutionNotifications![0]!.message.text, 'build is broken: because');
  });

  it('gives every result a file, the real one or one that stands for it', () => {
    const file = finding({ location: { path: 'src/a b/[id].ts', line: 3, column: 4 } });
    assert.deepEqual(place(file).physicalLocation, {
      artifactLocation: { uri: 'src/a%20b/%5Bid%5D.ts', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 4 },
    });
    assert.deepEqual(uri(finding({ location: { path: '/etc/x y' } })), { uri: 'file:///etc/x%20y' });
    assert.deepEqual(uri(finding({ location: { path: 'C:/x/y' } })), { uri: 'file:///C:/x/y' });
    assert.equal(uri(finding({ package: { name: '@a/b', version: '1' } })).uri, 'scan/%40a/b');
    assert.equal(uri(finding()).uri, 'scan/result');
  });

  it('has what DAST found, with its request', () => {
    const http = { method: 'GET', url: 'http://app:3000/releases/1?q=2' };
    const [result] = results(sarif(verdict([stage('dast', 'zap', [finding({ tool: 'zap', http })])])));
    assert.equal(result!.locations[0]!.physicalLocation.artifactLocation.uri, 'dast/app/releases/1');
    assert.deepEqual(result!.locations[0]!.logicalLocations, [
      { fullyQualifiedName: `GET ${http.url}`, kind: 'resource' },
    ]);
    assert.deepEqual(result!.webRequest, { protocol: 'http', method: 'GET', target: http.url });
    assert.equal(result!.message.text, `GET ${http.url}: A flaw`);
  });

  it('points each result at its rule, which has the worst severity, the weaknesses and the page', () => {
    const text = sarif(
      verdict([
        stage('scan', 'trivy', [
          finding({ severity: 'low', cwe: [79], package: { name: 'a', version: '1' } }),
          finding({
            severity: 'critical',
            cwe: [1321],
            help: 'https://x.example/a b',
            package: { name: 'b', version: '1' },
          }),
          finding({ rule: 'CVE-2099-2', severity: 'unknown' }),
        ]),
        stage('lint', 'eslint', [finding({ tool: 'eslint', rule: 'eqeqeq', severity: 'medium' })]),
      ]),
    );
    for (const { tool, results: found } of runs(text)) {
      for (const one of found) assert.equal(tool.driver.rules[one.ruleIndex]!.id, one.ruleId);
    }
    const [lint, scan] = runs(text).map(({ tool }) => tool.driver.rules);
    const rule = scan!.find(({ id }) => id === 'CVE-2099-1')!;
    assert.deepEqual(rule.properties, {
      tags: ['security', 'external/cwe/cwe-079', 'external/cwe/cwe-1321'],
      'security-severity': '9.5',
    });
    assert.equal(rule['helpUri'], 'https://x.example/a%20b');
    // A mistake in the code is no weakness: GitHub must not call it one.
    assert.deepEqual(lint![0]!.properties, {});
    assert.deepEqual(
      results(text).map(({ ruleId, level }) => `${ruleId} ${level}`),
      ['eqeqeq warning', 'CVE-2099-1 error', 'CVE-2099-2 error', 'CVE-2099-1 note'],
    );
  });

  it('shows what a waiver excuses as suppressed, with owner and last day, and what a tool overlooked as open', () => {
    const excused = finding({ rule: 'CVE-2099-9' });
    const waived: WaivedFinding = {
      stage: 'scan',
      rule: excused.rule,
      waiver: 'W-1',
      owner: 'ann',
      reason: 'not reachable',
      expires: '2026-12-01',
      finding: marked('scan', [excused])[0]!,
    };
    const all = results(sarif(verdict([stage('scan', 'trivy', [finding({ suppressed: true })])], [waived])));
    assert.deepEqual(
      all.map(({ ruleId, suppressions }) => [ruleId, suppressions?.[0]?.justification]),
      [
        ['CVE-2099-1', undefined],
        ['CVE-2099-9', 'not reachable (waiver W-1 of ann, until 2026-12-01)'],
      ],
    );
  });

  it('says what is new where a base is given', () => {
    const base = sarif(verdict([stage('lint', 'eslint', [finding({ rule: 'known' })])]));
    const now = [finding({ rule: 'known' }), finding({ rule: 'new' })];
    const of = stage('lint', 'eslint', now, 'failed', readBase('base.sarif', Buffer.from(base)));
    const all = results(sarif(verdict([of])));
    assert.deepEqual(
      all.map(({ ruleId, baselineState }) => [ruleId, baselineState]),
      [
        ['known', 'unchanged'],
        ['new', 'new'],
      ],
    );
  });

  it('leaves out the least severe findings where the file would be too large, and says so', () => {
    const order: Severity[] = ['info', 'critical', 'low', 'medium', 'high'];
    const many = order.map((severity) => finding({ rule: severity, severity }));
    const text = sarif(verdict([stage('scan', 'trivy', many)]), { most: 3 });
    assert.deepEqual(
      results(text).map(({ ruleId }) => ruleId),
      ['critical', 'high', 'medium'],
    );
    assert.match(
      runs(text)[0]!.invocations[0]!.toolExecutionNotifications![0]!.message.text,
      /no room for 2 findings \(1 low, 1 info\)/,
    );
  });

  it("keeps GitHub's limits: 25,000 results, 10 MB compressed", () => {
    const noise = (i: number) =>
      gzipSync(String(i * 7919))
        .toString('base64')
        .repeat(8);
    const many = Array.from({ length: 30_000 }, (_, i) =>
      finding({ rule: `R${i}`, severity: i === 29_999 ? 'critical' : 'low' }),
    );
    const text = sarif(verdict([stage('scan', 'trivy', many)]));
    assert.equal(results(text).length, 25_000);
    assert.equal(results(text)[0]!.ruleId, 'R29999');
    const loud = many.slice(0, 300).map((one, i) => ({ ...one, message: noise(i) }));
    const small = sarif(verdict([stage('scan', 'trivy', loud)]), { mostBytes: 20_000 });
    assert.ok(gzipSync(small).length <= 20_000);
    assert.ok(results(small).length > 50);
  });

  it('is read back finding by finding', () => {
    const some = [
      finding({ location: { path: 'src/ü.ts', line: 2 }, cwe: [79] }),
      finding({ severity: 'critical', package: { name: 'a', version: '1' } }),
      finding({ severity: 'info', http: { method: 'GET', url: 'http://app/x' } }),
    ];
    const reading = readAs('sarif', new Report('sluice.sarif', sarif(verdict([stage('scan', 'trivy', some)]))), {});
    assert.equal(reading.broken, undefined);
    assert.deepEqual(
      reading.findings.map(({ severity, location, http }) => [severity, location?.path, http?.url]),
      [
        ['critical', 'scan/a', undefined],
        ['high', 'src/ü.ts', undefined],
        ['info', 'scan/app/x', 'http://app/x'],
      ],
    );
  });

  it('is the same whatever order the findings come in', () => {
    const some = ['a', 'b', 'c'].map((rule) => finding({ rule }));
    assert.equal(
      sarif(verdict([stage('scan', 'trivy', some)])),
      sarif(verdict([stage('scan', 'trivy', some.toReversed())])),
    );
  });
});
