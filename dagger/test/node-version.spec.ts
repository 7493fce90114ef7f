/** Which Node a project gets for what it asks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allows, nodeImage } from '../src/node-version.ts';

test('.nvmrc decides before .node-version, that before engines, and nothing means 24', () => {
  assert.equal(nodeImage({ nvmrc: 'v20.11.0\n', nodeVersion: '22', engines: '>=24' }), 'node20');
  assert.equal(nodeImage({ nvmrc: ' \n', nodeVersion: '22.1', engines: '>=24' }), 'node22');
  assert.equal(nodeImage({ engines: '^22' }), 'node22');
  assert.equal(nodeImage({}), 'node24');
});

test('names of release lines', () => {
  assert.equal(nodeImage({ nvmrc: 'lts/jod' }), 'node22');
  assert.equal(nodeImage({ nvmrc: 'lts/Iron' }), 'node20');
  assert.equal(nodeImage({ nvmrc: 'lts/*' }), 'node24');
  assert.equal(nodeImage({ nvmrc: 'node' }), 'node24');
});

test('engines takes the newest version that it allows', () => {
  const cases: [string, string][] = [
    ['>=20', 'node24'],
    ['>=20 <23', 'node22'],
    ['>= 20.0.0 < 24.0.0', 'node22'],
    ['^20.10.0 || ^22.0.0', 'node22'],
    ['20.x', 'node20'],
    ['~22.4', 'node22'],
    ['18 - 22', 'node22'],
    ['<=20', 'node20'],
    ['*', 'node24'],
  ];
  for (const [engines, image] of cases) assert.equal(nodeImage({ engines }), image, engines);
});

test('a range is judged by the newest release of a major version', () => {
  assert.ok(allows('>22.1.0', 22));
  assert.ok(!allows('>22', 22));
  assert.ok(!allows('<22.5.0', 22));
  assert.ok(!allows('<=22.5.0', 22));
  assert.ok(allows('<=22.x', 22));
  assert.ok(!allows('nonsense', 22));
});

test('a version that no image has is a mistake that names the file', () => {
  assert.throws(() => nodeImage({ nvmrc: '16' }), {
    name: 'Mistake',
    message: '.nvmrc asks for Node "16"; Sluice has Node 20, 22, 24: change it, or replace an image with --images',
  });
  assert.throws(() => nodeImage({ engines: '^18' }), {
    message: /^engines\.node of package\.json asks for Node "\^18"/,
  });
  assert.throws(() => nodeImage({ nvmrc: 'lts/argon' }), { name: 'Mistake' });
});
