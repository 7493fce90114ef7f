/** The image table: every entry pinned, the mirror keeps the digest, replacements are checked line by line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtIn, imageTable, isReplaced, parseOverrides } from '../src/images.ts';

const pin = `@sha256:${'a'.repeat(64)}`;

test('every built-in image is pinned by tag and digest', () => {
  for (const [name, reference] of Object.entries(builtIn)) {
    assert.match(reference, /^[a-z0-9.]+\/[a-z0-9/._-]+:[\w.-]+@sha256:[0-9a-f]{64}$/, name);
    assert.doesNotMatch(reference, /0{64}$/, name);
  }
});

test('a mirror replaces the registry and keeps path, tag and digest', () => {
  const table = imageTable({ mirror: 'harbor.example/docker-hub/' });
  assert.equal(table.node24, builtIn.node24.replace(/^[^/]+/, 'harbor.example/docker-hub'));
  assert.ok(isReplaced(table, 'node24'));
});

test('an override stands as it is written, also beside a mirror', () => {
  const table = imageTable({ mirror: 'harbor.example', overrides: { node24: `registry.example/node:24${pin}` } });
  assert.equal(table.node24, `registry.example/node:24${pin}`);
  assert.match(table.postgres15, /^harbor\.example\//);
});

test('without options the table is the built-in one', () => {
  assert.deepEqual(imageTable(), builtIn);
  assert.ok(!isReplaced(imageTable(), 'node24'));
});

test('a file of overrides may be empty, or name some images', () => {
  assert.deepEqual(parseOverrides('{ }\n', 'images.json'), {});
  assert.deepEqual(parseOverrides(`{\n  "node22": "a.example/n:22${pin}"\n}\n`, 'images.json'), {
    node22: `a.example/n:22${pin}`,
  });
});

const mistakes: [string, string, RegExp][] = [
  [
    'an unknown name',
    `{\n  "node24": "a.example/n:1${pin}",\n  "nodde": "x${pin}"\n}`,
    /^i\.json:3: no image is called "nodde": node/,
  ],
  [
    'a tag without a digest',
    '{\n  "node24": "a.example/n:24"\n}',
    /^i\.json:2: node24 is not pinned by digest: write /,
  ],
  ['a short digest', '{"node24": "a.example/n:24@sha256:abc"}', /^i\.json:1: node24 is not pinned/],
  ['a value that is no string', '{\n\n  "node24": 7\n}', /^i\.json:3: expected "name": "reference"/],
  ['a trailing comma', `{\n  "node24": "a.example/n:1${pin}",\n}`, /^i\.json:3: expected "name": "reference"/],
  ['an unfinished file', `{\n  "node24": "a.example/n:1${pin}"\n`, /^i\.json:3: expected "," or "}"/],
  ['no object', 'node24: x', /^i\.json:1: expected "\{"/],
  ['an empty file', '', /^i\.json:1: expected "\{"/],
  ['something behind the end', '{}\n{}', /^i\.json:2: expected the end of the file/],
];
for (const [what, text, message] of mistakes) {
  test(`${what} is named with its line`, () => {
    assert.throws(() => parseOverrides(text, 'i.json'), { name: 'Mistake', message });
  });
}

for (const file of ['gate/self-test/project/Dockerfile', 'gate/self-test/api/Dockerfile', 'service/Dockerfile']) {
  test(`${file} builds on the images of the table`, () => {
    const dockerfile = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const bases = [...dockerfile.matchAll(/^ARG (NODE_IMAGE|RUNTIME_IMAGE)=(.*)$/gm)];
    assert.ok(bases.length > 0);
    for (const [, name, image] of bases) {
      const expected = name === 'NODE_IMAGE' ? builtIn.node24 : builtIn.nodeRuntime;
      assert.equal(image!.replace(/^(?=node:)/, 'docker.io/library/'), expected);
    }
  });
}
