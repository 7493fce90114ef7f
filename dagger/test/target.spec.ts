/** Where a release goes: what is accepted, and that nothing else gets near a command line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOf, parseSeconds, parseTarget, targetWords } from '../src/deploy/target.ts';

test('a host by user and name, with its port if need be', () => {
  assert.equal(targetWords(parseTarget('ssh://ec2-user@host.example')), 'ec2-user host.example 22');
  assert.equal(targetWords(parseTarget('ssh://deploy@10.0.0.7:2222')), 'deploy 10.0.0.7 2222');
  assert.equal(targetWords(parseTarget('ssh://deploy@[2001:db8::1]:22/')), 'deploy 2001:db8::1 22');
  assert.equal(targetWords(parseTarget('local')), '');
});

for (const text of [
  '',
  'host',
  'ssh://host',
  'ssh://-oProxyCommand=x@host',
  'ssh://user@-oProxyCommand=x',
  'ssh://user@host;reboot',
  'ssh://user@host -p 1',
  'ssh://user:password@host',
  'ssh://user@host:0',
  'ssh://user@host:70000',
  'ssh://user@host/path',
  'ssh://us er@host',
  'ssh://user@ho\nst',
  'tcp://host:2375',
]) {
  test(`"${text.replace('\n', '\\n')}" is no target`, () => {
    assert.throws(() => parseTarget(text), { name: 'Mistake', message: /^--target is / });
  });
}

test('durations', () => {
  assert.deepEqual(
    ['15s', '2m', '90'].map((text) => parseSeconds(text, 'bake')),
    [15, 120, 90],
  );
  for (const text of ['', '1h', '-5s', '1.5m', '5 s']) {
    assert.throws(() => parseSeconds(text, 'bake'), { name: 'Mistake', message: /^--bake is / });
  }
});

test('somebody is always named', () => {
  assert.equal(actorOf('jane', 'local'), 'jane');
  assert.equal(actorOf('', 'ssh://ec2-user@host'), 'whoever holds the key of ec2-user');
});
