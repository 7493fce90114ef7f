/** Runs Prometheus's own unit tests of the rules, and its checks of the configuration, where promtool is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const directory = join(import.meta.dirname, '..');
const version = /version (\d+)/.exec(promtool('--version').output)?.[1];
const skip = version ? false : 'promtool is not installed';

it('the rules do what their unit tests say', { skip }, () => {
  const { code, output } = promtool('test', 'rules', join(directory, 'test/rules.test.yml'));
  assert.equal(code, 0, output);
  // The last word about each file; promtool says nothing else when all is well.
  assert.match(output, /SUCCESS/);
});

it('the rules are well-formed', { skip }, () => {
  const { code, output } = promtool(
    'check',
    'rules',
    join(directory, 'prometheus/rules/alerts.yml'),
    join(directory, 'prometheus/rules/recordings.yml'),
  );
  assert.equal(code, 0, output);
});

it(
  'the configuration is one that Prometheus 3 reads',
  { skip: skip || (Number(version) >= 3 ? false : `promtool ${version} is older than the configuration`) },
  () => {
    const { code, output } = promtool('check', 'config', '--syntax-only', join(directory, 'prometheus/prometheus.yml'));
    assert.equal(code, 0, output);
  },
);

function promtool(...args: string[]): { code: number; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { code: status ?? 127, output: `${stdout ?? ''}${stderr ?? ''}` };
}
