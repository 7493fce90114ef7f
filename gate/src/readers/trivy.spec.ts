import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

type Json = { Results: Record<string, unknown>[] } & Record<string, unknown>;
const json = (file: string) => JSON.parse(reportText(file)) as Json;

describe('the Trivy reader', () => {
  it('reads an image: each finding once, at its path where it has one', () => {
    const reading = read('trivy/image.json');
    assert.deepEqual(brief(reading), [
      'critical CVE-2099-0001 undefined:undefined',
      'low CVE-2099-0002 undefined:undefined',
      'unknown TEMP-0000003-AAAAAA undefined:undefined',
      'high CVE-2099-1001 app/node_modules/rope/package.json:undefined',
      'high CVE-2099-1001 app/node_modules/sail/node_modules/rope/package.json:undefined',
      'high private-key app/.env:2',
    ]);
    assert.deepEqual(reading.findings[0], {
      tool: 'trivy',
      rule: 'CVE-2099-0001',
      severity: 'critical',
      toolSeverity: 'CRITICAL',
      message: 'openssl: heap overflow',
      package: { name: 'openssl', version: '3.5.1-1', fixedIn: '3.5.1-2' },
      cwe: [787],
      help: 'https://vulnerabilities.example/cve-2099-0001',
    });
    assert.equal(reading.findings[1]?.message, 'A quirk.');
    assert.deepEqual(counts(reading), {
      packages: 6,
      'files with secrets': 1,
      'OS packages': 3,
      'operating systems': 1,
    });
    assert.equal(reading.version, '0.74.0');
    assert.deepEqual(reading.scannedImage, {
      name: 'shop:1.0',
      id: `sha256:${'1'.repeat(64)}`,
      digests: [`shop@sha256:${'3'.repeat(64)}`],
    });
    assert.equal(reading.broken, undefined);
  });

  it('reads what Trivy 0.74 wrote of two platforms, and which image each report is of', () => {
    for (const platform of ['amd64', 'arm64']) {
      const reading = read(`trivy/image-${platform}.json`);
      assert.deepEqual(counts(reading), { packages: 11, 'OS packages': 8, 'operating systems': 1 });
      assert.deepEqual(brief(reading), ['low CVE-2099-0011 undefined:undefined']);
      assert.match(reading.scannedImage?.id ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.equal(reading.broken, undefined);
    }
    assert.deepEqual(brief(read('trivy/image-vulnerable.json')).slice(1), [
      'critical CVE-2099-0001 app/node_modules/lodash/package.json:undefined',
      'high CVE-2021-23337 app/node_modules/lodash/package.json:undefined',
      'medium CVE-2020-28500 app/node_modules/lodash/package.json:undefined',
    ]);
  });

  it('reads what Trivy 0.74 wrote of lockfiles, with what it was told to overlook', () => {
    assert.deepEqual(counts(read('trivy/npm-vulnerable.json')), { packages: 3 });
    assert.deepEqual(counts(read('trivy/npm-production.json')), { packages: 2 });
    assert.deepEqual(read('trivy/npm-clean.json').findings, []);
    assert.deepEqual(counts(read('trivy/npm-truncated-lockfile.json')), { packages: 0 });
    const overlooked = (file: string) =>
      read(file)
        .findings.filter(({ suppressed }) => suppressed)
        .map(({ message }) => message.replace(/^.* \(/, '('));
    assert.deepEqual(overlooked('trivy/npm-vulnerable.json'), []);
    assert.deepEqual(overlooked('trivy/npm-ignored.json'), ['(ignored by .trivyignore)', '(ignored by .trivyignore)']);
    assert.deepEqual(overlooked('trivy/npm-vex.json'), [
      '(not affected by vex.json: vulnerable_code_not_in_execute_path)',
    ]);
  });

  it('reads what Trivy 0.74 wrote of configuration and secrets', () => {
    const configuration = read('trivy/misconfigurations.json');
    assert.equal(configuration.broken, undefined);
    assert.deepEqual(configuration.evidence.slice(0, 3), [
      { kind: 'files', count: 2 },
      { kind: 'dockerfile files', count: 1 },
      { kind: 'kubernetes files', count: 1 },
    ]);
    assert.ok(brief(configuration).includes('high DS-0029 Dockerfile:3'));
    assert.deepEqual(brief(read('trivy/secrets-found.json')), [
      'critical github-pat github.ts:1',
      'high private-key key.pem:2',
    ]);
  });

  it('trusts no image whose system packages were not looked at', () => {
    assert.equal(read('trivy/image-clean.json').broken, undefined);
    assert.match(
      read('trivy/image-without-os.json').broken ?? '',
      /^Trivy recognised no operating system in shop:1\.0/,
    );
    assert.match(read('trivy/image-without-os-packages.json').broken ?? '', /but none of its packages$/);
    assert.deepEqual(read('trivy/image-nothing.json').evidence[0], { kind: 'packages', count: 0 });
  });

  it('puts packages before all else in an image, so that a secret found is no evidence of a scan', () => {
    const image = json('trivy/image.json');
    image.Results = image.Results.filter(({ Class }) => Class === 'secret');
    assert.deepEqual(read('trivy/image.json', JSON.stringify(image)).evidence[0], { kind: 'packages', count: 0 });
  });

  it('finds an operating system past its end of life', () => {
    assert.deepEqual(brief(read('trivy/image-end-of-life.json')), ['high end-of-life-os undefined:undefined']);
  });

  it('reads a lock file, with the line of the package', () => {
    const reading = read('trivy/lockfile.json');
    assert.deepEqual(brief(reading), [
      'high CVE-2099-1001 package-lock.json:31',
      'low CVE-2099-1005 package-lock.json:44 suppressed',
      'critical CVE-2099-1006 package-lock.json:20 suppressed',
    ]);
    assert.deepEqual(
      reading.findings.slice(1).map(({ message }) => message),
      [
        'Weak random in buoy (ignored by .trivyignore.yaml: we never call it)',
        'Worse (not affected by OpenVEX: vulnerable_code_not_present)',
      ],
    );
    assert.deepEqual(counts(reading), { packages: 3 });
    assert.deepEqual(counts(read('trivy/lockfile-clean.json')), { packages: 3 });
  });

  it('knows of no more packages than the vulnerable ones where the report lists none', () => {
    assert.deepEqual(counts(read('trivy/lockfile-without-packages.json')), { packages: 1 });
  });

  it('reads misconfigurations: failures and exceptions, not what passed', () => {
    const reading = read('trivy/config.json');
    assert.deepEqual(brief(reading), [
      'high DS-0002 Dockerfile:undefined',
      'low DS-0026 Dockerfile:7',
      'high KSV-0014 k8s/base/deployment.yaml:12',
      'high KSV-0118 k8s/base/deployment.yaml:12 suppressed',
    ]);
    assert.deepEqual(counts(reading), {
      files: 3,
      'dockerfile files': 1,
      'kubernetes files': 2,
      'checks passed': 206,
    });
    assert.equal(
      read('trivy/config-counts-differ.json').broken,
      'Trivy counts 5 failed checks in Dockerfile, but lists 2',
    );
  });

  it('reads secrets without showing them', () => {
    const reading = read('trivy/secrets.json');
    assert.deepEqual(brief(reading), ['critical aws-access-key-id deploy/.env:3', 'low canary deploy/.env:4']);
    assert.doesNotMatch(JSON.stringify(reading), /\*\*\*/);
    assert.deepEqual(counts(reading), { 'files with secrets': 1 });
  });

  it('counts licences, and takes them for no finding', () => {
    assert.deepEqual(brief(read('trivy/licences.json')), []);
    assert.deepEqual(counts(read('trivy/licences.json')), { packages: 0, licences: 1 });
  });

  it("reads a cluster, full or as a summary, by its resources' names", () => {
    const reading = read('trivy/cluster.json');
    assert.deepEqual(brief(reading), [
      'critical CVE-2099-0001 default/Deployment/web:undefined',
      'medium KSV-0001 default/Deployment/web:9',
    ]);
    assert.deepEqual(reading.evidence[0], { kind: 'resources', count: 3 });
    assert.deepEqual(brief(read('trivy/cluster-summary.json')), ['medium KSV-0001 default/Deployment/web:9']);
    assert.equal(
      read('trivy/cluster-error.json').broken,
      'Trivy could not scan default/Deployment/web: image not found',
    );
  });

  it('refuses what is empty, truncated, of another schema or of another tool, and names it', () => {
    const whole = reportText('trivy/image.json');
    assert.equal(refusal('trivy/x.json', ''), 'x.json is empty');
    assert.match(refusal('trivy/x.json', whole.slice(0, whole.length / 2)), /^x\.json is truncated: /);
    assert.equal(
      refusal('trivy/x.json', whole.replace('"SchemaVersion": 2', '"SchemaVersion": 3')),
      'x.json is Trivy JSON of schema 3; schema 2 is read',
    );
    assert.match(refusal('trivy/schema-1.json', reportText('trivy/schema-1.json')), /schema 1 \(Trivy before 0\.20\)/);
    assert.equal(
      refusal('trivy/x.json', reportText('zap/clean.json')),
      "x.json is ZAP's traditional JSON, not Trivy JSON (schema 2)",
    );
    assert.match(
      refusal('trivy/x.json', '{}'),
      /^x\.json is not Trivy JSON \(schema 2\): SchemaVersion: .*\(it is an empty object\)$/,
    );
    assert.match(
      refusal('trivy/x.json', whole.replace('"CRITICAL"', '"DREADFUL"')),
      /Vulnerabilities\[0\]\.Severity: /,
    );
  });
});

describe('every report of Trivy', () => {
  type Entry = { Status?: string; Type?: string };
  type RawResult = Partial<
    Record<'Vulnerabilities' | 'Secrets' | 'Misconfigurations' | 'ExperimentalModifiedFindings', Entry[]>
  >;
  type Raw = { Results?: RawResult[]; Resources?: Raw[]; Findings?: Raw[] };
  const resultsOf = ({ Results = [], Resources = [], Findings = [] }: Raw): RawResult[] => [
    ...Results,
    ...[...Resources, ...Findings].flatMap(resultsOf),
  ];
  const folder = new URL('../../test/reports/', import.meta.url);
  const files = ['trivy', 'trivy-secrets', 'trivy-config'].flatMap((tool) =>
    readdirSync(new URL(tool, folder)).map((file) => `${tool}/${file}`),
  );
  // No list at all, and a finding that the system itself is.
  const other = ['trivy/schema-1.json', 'trivy/image-end-of-life.json'];

  for (const file of files.filter((each) => !other.includes(each))) {
    it(`keeps each finding once: ${file}`, () => {
      const raw = resultsOf(JSON.parse(reportText(file)) as Raw).flatMap((one) => [
        ...(one.Vulnerabilities ?? []),
        ...(one.Secrets ?? []),
        ...(one.Misconfigurations ?? []).filter(({ Status }) => Status !== 'PASS'),
        ...(one.ExperimentalModifiedFindings ?? []).filter(({ Type }) => Type !== 'license'),
      ]);
      const { findings } = read('trivy/', reportText(file));
      assert.equal(findings.length, raw.length);
      assert.equal(new Set(findings.map((each) => JSON.stringify(each))).size, findings.length);
    });
  }
});
