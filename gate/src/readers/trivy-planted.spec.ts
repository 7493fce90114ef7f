/** What was planted is evidence and no finding; what was not found of it makes the rest worthless. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, counts, read, refusal, reportText } from '../../test/report-file.ts';

describe('secrets beside planted ones', () => {
  it('are the findings alone, at their paths in the source', () => {
    const found = read('trivy-secrets/findings.json');
    assert.deepEqual(brief(found), ['high assigned-secret-line .env:1', 'critical github-pat test/login.spec.ts:1']);
    assert.deepEqual(counts(found), { 'planted secrets': 9 });
    assert.equal(found.broken, undefined);
  });

  it('are one where two rules found them, also where one rule counts the quote', () => {
    const text = reportText('trivy-secrets/findings.json');
    const offset = /"RuleID": "assigned-secret",[^}]*"Offset": (\d+)/.exec(text)!;
    const before = text.replace(offset[0], offset[0].replace(/\d+$/, String(Number(offset[1]) - 1)));
    assert.notEqual(before, text);
    assert.deepEqual(brief(read('trivy-secrets/findings.json', before)), brief(read('trivy-secrets/findings.json')));
  });

  it('are nothing where Trivy was left to its defaults or did not look', () => {
    assert.match(
      read('trivy-secrets/looked-away.json').broken!,
      /^Trivy looked away: it did not find 8 of 9 planted secrets \(\.npmrc, .*keys\/id_rsa\.gz\)$/,
    );
    assert.match(
      read('trivy-secrets/nothing.json').broken!,
      /^Trivy looked away: it did not find 9 of 9 planted secrets/,
    );
  });

  it('must have been found by the rule that is meant, not by any', () => {
    const other = reportText('trivy-secrets/clean.json').replace('"url-password"', '"jwt-token"');
    assert.match(read('trivy-secrets/clean.json', other).broken!, /1 of 9 planted secrets \(docs\/setup\.md\)$/);
  });

  it('are of no other tree', () => {
    const elsewhere = reportText('trivy-secrets/findings.json').replace('source/test/', 'other/test/');
    assert.match(
      refusal('trivy-secrets/findings.json', elsewhere),
      /not of a tree that Sluice laid out: it names other\/test/,
    );
  });
});

describe('configuration beside planted files', () => {
  it('is read with its path, what a comment wanted overlooked included', () => {
    const found = read('trivy-config/findings.json');
    const blocking = brief(found).filter((line) => /^(high|critical) /.test(line));
    assert.deepEqual(blocking, [
      'high DS-0002 Dockerfile:4',
      'high KSV-0014 dev/pod.yaml:7',
      'high KSV-0017 dev/pod.yaml:7',
      'high KSV-0118 dev/pod.yaml:4',
    ]);
    assert.deepEqual(found.lookedAt, ['Dockerfile', 'dev/pod.yaml', 'k8s/service.yaml']);
    assert.deepEqual(Object.keys(counts(found)), [
      'planted files',
      'dockerfile files',
      'kubernetes files',
      'checks passed',
    ]);
  });

  it('is nothing where the checks did not run', () => {
    assert.match(
      read('trivy-config/looked-away.json').broken!,
      /did not find 2 of 2 planted files \(Dockerfile, deployment\.yaml\)$/,
    );
  });
});

describe('the scopes', () => {
  it('count, and name committed folders that were left out once each', () => {
    assert.deepEqual(counts(read('secrets-scope/clean.json')), { files: 5 });
    const missing = ['dist/a.js', 'dist/b.js', 'x/node_modules/c.js', 'y/.env'];
    const found = read(
      'secrets-scope/clean.json',
      JSON.stringify({ kind: 'sluice/secrets-scope/v1', files: 1, missing }),
    );
    assert.deepEqual(
      found.findings.map(({ rule, location }) => `${rule} ${location?.path}`),
      ['dist/', 'x/node_modules/', 'y/.env'].map((path) => `committed-but-not-looked-at ${path}`),
    );
    assert.match(found.findings[0]!.message, /^dist\/: 2 files are committed, and neither/);
  });

  it('hold each service to the rules, and say a fault once however many sets have it', () => {
    assert.deepEqual(brief(read('config-scope/clean.json')), []);
    assert.deepEqual(brief(read('config-scope/findings.json')).sort(), [
      'critical compose-docker-socket compose.yaml:2',
      'critical compose-privileged compose.yaml:2',
      'high compose-root-user compose.yaml:2',
      'high compose-secret-variable compose.yaml:2',
      'high compose-writable-root compose.yaml:2',
      'medium compose-writable-bind compose.yaml:2',
    ]);
  });
});
