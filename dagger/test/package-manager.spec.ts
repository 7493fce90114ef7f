/** How a project is installed, and what of its manifests the installation gets to see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installManifest, installScripts, packageManager, programs } from '../src/package-manager.ts';

test('the lockfile names the manager', () => {
  assert.deepEqual(packageManager(['package-lock.json']).install.slice(0, 2), ['npm', 'ci']);
  assert.deepEqual(packageManager(['pnpm-lock.yaml']).install.slice(0, 4), [
    'corepack',
    'pnpm',
    'install',
    '--frozen-lockfile',
  ]);
  assert.deepEqual(packageManager(['package.json']).install.slice(0, 2), ['npm', 'install']);
});

test('yarn 1 and later yarns are told apart by their lockfile', () => {
  assert.deepEqual(packageManager(['yarn.lock'], '# yarn lockfile v1\n').install.slice(0, 3), [
    'yarn',
    'install',
    '--frozen-lockfile',
  ]);
  assert.deepEqual(packageManager(['yarn.lock'], '__metadata:\n  version: 8\n').install, [
    'corepack',
    'yarn',
    'install',
    '--immutable',
  ]);
});

test('an edited script leaves the manifest that an installation reads as it is', () => {
  const before = installManifest('{"name":"a","scripts":{"lint":"eslint ."},"dependencies":{"b":"1.0.0"}}');
  const after = installManifest('{"name":"a","scripts":{"lint":"eslint src"},"dependencies":{"b":"1.0.0"}}');
  assert.equal(after, before);
  assert.deepEqual(JSON.parse(after), { name: 'a', dependencies: { b: '1.0.0' } });
});

test('a fixture that is no JSON is left to whoever reads it', () => {
  assert.equal(installManifest('{"name":'), '{"name":');
});

test("the root's own install scripts run once the source is there, in npm's order", () => {
  assert.deepEqual(installScripts('{"scripts":{"prepare":"husky","test":"jest","postinstall":"node x.js"}}'), [
    'postinstall',
    'prepare',
  ]);
  assert.deepEqual(installScripts('{}'), []);
});

test('the programs of workspaces are there when their links are made', () => {
  assert.deepEqual(programs('{"bin":{"sluice":"bin/sluice.js","b":"./b.js"}}', 'gate/package.json'), [
    'gate/bin/sluice.js',
    'gate/b.js',
  ]);
  assert.deepEqual(programs('{"bin":"cli.js"}', 'package.json'), ['cli.js']);
  assert.deepEqual(programs('{"bin":"../cli.js"}', 'a/package.json'), []);
  assert.deepEqual(programs('no JSON', 'package.json'), []);
});
