/** deps on a bare machine: the real npm against a registry of our own, and what Trivy is told to look at. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sample, sluice } from '../../test/sample.ts';
import type { Verdict } from '../model.ts';
import { defaultPolicy } from '../policy.ts';
import { openProject } from '../project.ts';
import { deps } from './deps.ts';

const advisory = {
  id: 1001,
  url: 'https://github.com/advisories/GHSA-aaaa-1001-rope',
  title: 'Prototype pollution in rope',
  severity: 'high',
  vulnerable_versions: '<1.4.0',
  cwe: ['CWE-1321'],
  cvss: { score: 7.5, vectorString: null },
};

/** A registry that answers an audit so. */
async function registry(test: TestContext, status: number, answer: unknown): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const audit = request.url === '/-/npm/v1/security/advisories/bulk';
    response.writeHead(audit ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(audit ? answer : {}));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  test.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function depsOf(test: TestContext, url: string, policy = '', args: string[] = []) {
  const source = sample(test, policy ? { 'sluice.yaml': policy } : {});
  const ending = await sluice(source, ['ci', '--runner', 'host', '--stage', 'deps', ...args], {
    environment: { npm_config_registry: url, npm_config_fetch_retries: '0' },
  });
  const verdict = JSON.parse(readFileSync(join(source, 'reports/verdict.json'), 'utf8')) as Verdict;
  return { ...ending, ...verdict.stages[0]! };
}

describe('deps by npm audit', () => {
  it('fails for a vulnerable package, development alone included unless the policy says otherwise', async (test) => {
    const found = await depsOf(test, await registry(test, 200, { rope: [advisory] }));
    assert.deepEqual([found.code, found.status], [1, 'failed'], found.stderr);
    assert.equal(found.findings[0]?.rule, 'GHSA-aaaa-1001-rope');
    const url = await registry(test, 200, { buoy: [advisory] });
    assert.equal((await depsOf(test, url)).status, 'failed');
    const production = await depsOf(test, url, 'stages: { deps: { developmentDependencies: false } }');
    assert.equal(production.status, 'passed', production.reason);
  });

  it('passes where the registry knows nothing against any of them, and says how many it looked at', async (test) => {
    const clean = await depsOf(test, await registry(test, 200, {}));
    assert.deepEqual([clean.code, clean.status, clean.reason], [0, 'passed', '0 findings · 2 dependencies']);
  });

  it('is not run where the registry offers no audit or does not answer, and that is broken when asked to be strict', async (test) => {
    const url = await registry(test, 405, {});
    const refused = await depsOf(test, url);
    assert.equal(refused.status, 'not run');
    assert.match(refused.reason, /^npm audit got no answer: 405 Method Not Allowed/);
    assert.equal((await depsOf(test, url, '', ['--strict'])).code, 3);
    assert.match((await depsOf(test, 'http://127.0.0.1:9/')).reason, /^npm audit got no answer: .*ECONNREFUSED/);
  });

  it('is broken where the answer makes no sense', async (test) => {
    const odd = await depsOf(test, await registry(test, 200, 'odd'));
    assert.notEqual(odd.status, 'passed');
  });
});

describe('deps by Trivy', () => {
  it('is shown the lockfile and package.json alone, and told to overlook nothing', async (test) => {
    const project = openProject(
      sample(test, { '.trivyignore': 'CVE-2099-0001\n', 'trivy.yaml': 'severity: [LOW]\n', 'other/yarn.lock': '' }),
    );
    const plan = planOf(test, project.root);
    assert.ok('command' in plan);
    assert.deepEqual(readdirSync(plan.directory).sort(), ['package-lock.json', 'package.json']);
    const command = plan.command.join(' ');
    for (const flags of [
      '--config /dev/null',
      '--ignorefile /dev/null',
      '--skip-db-update',
      '--offline-scan',
      '--show-suppressed',
      '--include-dev-deps',
    ]) {
      assert.ok(command.includes(flags), flags);
    }
    assert.deepEqual(plan.database, { updatedAt: '2026-11-22T06:00:00.000Z' });
    await plan.finish?.({ exitCode: 0, lastWords: '', startedAt: new Date() });
    assert.throws(() => readdirSync(plan.directory), { code: 'ENOENT' });
  });

  it('is broken with a database that does not say how old it is, absent without a lockfile, and not fooled by yarn 4', (test) => {
    const source = sample(test);
    const undated = planOf(test, source, '{}');
    assert.ok('broken' in undated);
    assert.match(undated.broken, /does not say when it was made/);
    const none = planOf(test, sample(test, { 'package-lock.json': null }));
    assert.ok('absent' in none);
    assert.match(none.absent, /^no lockfile \(npm-shrinkwrap\.json, .*\) in \.; sluice\.yaml names its folder/);
    const yarn = sample(test, { 'package-lock.json': null, 'yarn.lock': '__metadata:\n  version: 8\n' });
    const audit = deps.plan(openProject(yarn), defaultPolicy().stages.deps, yarn, {});
    assert.ok('notRun' in audit);
  });
});

function planOf(test: TestContext, source: string, metadata = '{"UpdatedAt":"2026-11-22T06:00:00Z"}') {
  const vulnerabilityDb = mkdtempSync(join(tmpdir(), 'sluice-db-'));
  test.after(() => rmSync(vulnerabilityDb, { recursive: true }));
  mkdirSync(join(vulnerabilityDb, 'db'));
  writeFileSync(join(vulnerabilityDb, 'db/metadata.json'), metadata);
  return deps.plan(openProject(source), defaultPolicy().stages.deps, join(source, 'reports'), { vulnerabilityDb });
}
