/** What the module says of a stage whose tool never ran. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenRecord, brokenStages, isOlder, wholeOutput } from '../src/evidence.ts';
import { stagePolicy } from '../src/policy.ts';

const startedAt = new Date('2026-11-22T08:00:00Z');
const endedAt = new Date('2026-11-22T08:00:02Z');

test('a failed installation is a broken stage that names the command and what it said', () => {
  const stderr = [
    'npm error code EUSAGE',
    'npm error',
    'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
    'npm error',
    'npm error Usage:',
    'npm error A complete log of this run can be found in: /cache/npm/_logs/x.log',
  ].join('\n');
  const record = brokenRecord(
    'lint',
    { message: 'exit code: 1', cmd: ['npm', 'ci', '--no-audit', '--no-fund'], exitCode: 1, stdout: '', stderr },
    startedAt,
    endedAt,
  );
  assert.equal(
    record.broken,
    'npm ci ended with exit code 1: `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
  );
  assert.equal(record.durationMs, 2000);
  assert.equal(record.exitCode, 1);
  assert.deepEqual(record.reports, []);
});

test('other tools say last what is wrong', () => {
  const failure = { message: 'exit code: 1', cmd: ['corepack', 'pnpm', 'install'], exitCode: 1, stderr: '' };
  const stdout = 'Lockfile is up to date\n ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"\n';
  assert.equal(
    brokenRecord('lint', { ...failure, stdout }, startedAt, endedAt).broken,
    'corepack pnpm ended with exit code 1:  ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"',
  );
});

test('a failure of the engine is named by the first line of its message', () => {
  const record = brokenRecord('test', { message: 'failed to pull image\nstack …' }, startedAt, endedAt);
  assert.equal(record.broken, 'failed to pull image');
  assert.equal(record.exitCode, null);
});

test('a failure deep in the engine is named without the ids of what led there', () => {
  const message =
    'failed to load container from converted ID: load Container@CoQPChV4eGgzOjE2YzU2==: load xxh3:16c562937c5d4e7a: inputs: ' +
    'load xxh3:81c1422e25450c5c: inputs: failed to copy source directory: lstat /nowhere: no such file or directory ' +
    '[traceparent:ccdeda91a800a996c69dad3d4d0faebe-3371eeae53a5a916]';
  const said = 'failed to copy source directory: lstat /nowhere: no such file or directory';
  assert.equal(brokenRecord('test', { message }, startedAt, endedAt).broken, said);
  assert.equal(wholeOutput({ message }), said);
});

test('only broken stages of an earlier call are tried again', () => {
  const verdict = '{"stages":[{"stage":"lint","status":"broken"},{"stage":"test","status":"failed"}]}';
  assert.deepEqual(brokenStages(verdict), ['lint']);
  assert.ok(isOlder('{"startedAt":"2026-11-22T07:59:59.999Z"}', startedAt));
  assert.ok(!isOlder('{"startedAt":"2026-11-22T08:00:00.000Z"}', startedAt));
});

test('a waiver, a threshold or another stage changes nothing in the policy that a stage reads', () => {
  const policy = (threshold: string, script: string) => ({
    project: { bundle: [] },
    waivers: [threshold],
    stages: { lint: { directory: '.', threshold, required: true }, test: { script } },
  });
  assert.equal(stagePolicy(policy('high', 'test'), 'lint'), stagePolicy(policy('low', 'e2e'), 'lint'));
  assert.deepEqual(JSON.parse(stagePolicy(policy('high', 'test'), 'lint')), { stages: { lint: { directory: '.' } } });
});
