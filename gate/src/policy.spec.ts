import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PolicyError, stageNames } from './model.ts';
import { defaultPolicy, loadPolicy, parsePolicy } from './policy.ts';

const day = '2026-11-22';
const parse = (text: string) => parsePolicy(Buffer.from(text), 'sluice.yaml', day);

function problems(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
  return [];
}

const waiver = (over: Record<string, string>) =>
  `waivers:\n  - ${Object.entries({ id: 'x', owner: 'ann', reason: 'why', expires: '2026-12-01', ...over })
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n    ')}\n`;

describe('policy', () => {
  const mistakes: [what: string, text: string, expected: string[]][] = [
    [
      'an unknown key',
      '# ours\nstages:\n  lint:\n    treshold: high\n',
      ['sluice.yaml:4: stages.lint.treshold: unknown key, allowed: required, directory, script, timeout, threshold'],
    ],
    [
      'an unknown stage',
      'stages:\n  lnt: {}\n',
      [`sluice.yaml:2: stages.lnt: unknown key, allowed: ${stageNames.join(', ')}`],
    ],
    [
      'a share of more than all',
      'stages:\n  test:\n    coverage: { lines: 101 }\n',
      ['sluice.yaml:3: stages.test.coverage.lines: must be a number from 0 to 100, in percent'],
    ],
    [
      'a key of another stage',
      'stages:\n  test: { threshold: low }\n',
      ['sluice.yaml:2: stages.test.threshold: unknown key, allowed: required, directory, script, timeout, coverage'],
    ],
    [
      'a wrong type',
      'stages:\n  lint:\n    required: maybe\n',
      ['sluice.yaml:3: stages.lint.required: must be true or false'],
    ],
    [
      'text for a number',
      'stages:\n  lint:\n    timeout: "9"\n',
      ['sluice.yaml:3: stages.lint.timeout: must be a whole number of seconds'],
    ],
    [
      'a threshold that is no severity',
      'stages:\n  lint:\n    threshold: unknown\n',
      ['sluice.yaml:3: stages.lint.threshold: must be one of: critical, high, medium, low, info'],
    ],
    [
      'a platform that is none',
      'stages:\n  build:\n    platforms: [amd64]\n',
      ['sluice.yaml:3: stages.build.platforms[0]: must be a platform such as linux/amd64 or linux/arm64'],
    ],
    [
      'a platform twice',
      'stages:\n  build:\n    platforms: [linux/arm64, linux/arm64]\n',
      ['sluice.yaml:3: stages.build.platforms: names a platform twice'],
    ],
    [
      'a folder outside the repository',
      'stages:\n  lint:\n    directory: ../other\n',
      ['sluice.yaml:3: stages.lint.directory: must be a path inside the repository, relative to its root'],
    ],
    [
      'a day that does not exist',
      waiver({ expires: '2026-02-30' }),
      ['sluice.yaml:5: waivers[0].expires: must be a day that exists, as YYYY-MM-DD'],
    ],
    [
      'a waiver for longer than 180 days',
      waiver({ expires: '2027-05-22' }),
      ['sluice.yaml:5: waivers[0].expires: is too far ahead, allowed: at most 180 days, 2027-05-21'],
    ],
    [
      'a waiver that nobody answers for',
      'waivers:\n  - id: x\n    reason: y\n    expires: 2026-12-01\n',
      ['sluice.yaml:2: waivers[0].owner: missing, must be text'],
    ],
    ['a number as id', waiver({ id: '1234' }), ['sluice.yaml:2: waivers[0].id: must be text (put it in quotes)']],
    ['an empty reason', waiver({ reason: '" "' }), ['sluice.yaml:4: waivers[0].reason: must not be empty']],
    [
      'what dast can not use',
      'stages:\n  dast:\n    port: 99999\n    environment: { A: 1 }\n    health: //evil.example\n    token: { name: x }\n    unreached: [{ operation: GET }]\n',
      [
        'sluice.yaml:3: stages.dast.port: must be at most 65535',
        'sluice.yaml:4: stages.dast.environment.A: must be text (put it in quotes)',
        'sluice.yaml:5: stages.dast.health: must be a path that begins with /',
        'sluice.yaml:6: stages.dast.token.name: unknown key, allowed: header, value',
        'sluice.yaml:7: stages.dast.unreached[0].operation: must be "METHOD /path", the path as in the OpenAPI document',
        'sluice.yaml:7: stages.dast.unreached[0].reason: missing, must be text',
      ],
    ],
    ['a duplicate key', 'stages:\n  lint: {}\n  lint: {}\n', ['sluice.yaml:3: lint: duplicate key']],
    ["a tag that is not YAML's own", 'stages: !x {}\n', ['sluice.yaml:1: not valid YAML: Unresolved tag: !x']],
    [
      'a list where a mapping belongs',
      '- a\n',
      ['sluice.yaml:1: must be a mapping with the keys project, block, stages, waivers'],
    ],
    ['a bare word', 'hello\n', ['sluice.yaml:1: must be a mapping with the keys project, block, stages, waivers']],
    [
      '__proto__',
      '__proto__: { a: 1 }\n',
      ['sluice.yaml:1: __proto__: unknown key, allowed: project, block, stages, waivers'],
    ],
  ];
  for (const [what, text, expected] of mistakes) {
    it(`names ${what} with its line`, () => assert.deepEqual(problems(text), expected));
  }

  it('names every mistake, in the order of the lines', () => {
    const lines = problems('a: 1\nstages:\n  lint: { b: 1 }\n  test: { c: 1 }\nwaivers: 3\n').map(
      (p) => p.split(' ')[0],
    );
    assert.deepEqual(lines, ['sluice.yaml:1:', 'sluice.yaml:3:', 'sluice.yaml:4:', 'sluice.yaml:5:']);
  });

  it('calls broken YAML by its line', () => {
    assert.match(problems('stages:\n\tlint: {}\n').join(), /^sluice\.yaml:2: not valid YAML: /);
    assert.match(problems('a: 1\n---\nb: 2\n').join(), /^sluice\.yaml:2: not valid YAML: /);
  });

  it('refuses bytes that are no UTF-8', () => {
    assert.throws(() => parsePolicy(Uint8Array.of(0xff, 0xfe), 'sluice.yaml', day), {
      message: 'sluice.yaml:1: not UTF-8 text',
    });
  });

  it('takes 180 days ahead and a day long past', () => {
    assert.equal(parse(waiver({ expires: '2027-05-21' })).waivers[0]?.expires, '2027-05-21');
    assert.equal(parse(waiver({ expires: '2020-02-29' })).waivers[0]?.expires, '2020-02-29');
  });

  it('follows aliases, and places a mistake in what they repeat', () => {
    assert.equal(parse('stages:\n  lint: &all { required: false }\n  test: *all\n').stages.test.required, false);
    assert.match(
      problems('stages:\n  lint: &all { requird: false }\n  test: *all\n')[1] ?? '',
      /^sluice.yaml:2: stages.test.requird/,
    );
  });

  it('takes a section whose keys are all commented out as empty', () => {
    assert.deepEqual(parse('stages:\n  lint:\n    # threshold: low\nwaivers:\n').stages, defaultPolicy().stages);
  });

  it('sends a token only where the policy says so, by default as a bearer', () => {
    assert.deepEqual(parse('stages:\n  dast:\n    token:\n').stages.dast.token, {
      header: 'Authorization',
      value: 'Bearer ${TOKEN}',
    });
  });

  it('fills in the defaults', () => {
    const common = { required: true, directory: '.', timeout: 900, output: 'dist' };
    assert.deepEqual(defaultPolicy().stages, {
      lint: { ...common, threshold: 'high' },
      typecheck: common,
      test: common,
      sast: { ...common, threshold: 'medium' },
      deps: { ...common, threshold: 'high', databaseMaxAge: 48, developmentDependencies: true },
      secrets: common,
      config: { ...common, threshold: 'high' },
      build: { ...common, platforms: ['linux/amd64'] },
      scan: { ...common, threshold: 'high', databaseMaxAge: 48 },
      sbom: common,
      dast: { ...common, threshold: 'medium' },
    });
  });
});

describe('the policy file', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-policy-'));
  });
  after(() => rm(root, { recursive: true }));

  it('may be missing: then the defaults hold', async () => {
    assert.deepEqual(await loadPolicy(root, day), defaultPolicy());
    assert.equal(defaultPolicy().file, undefined);
  });

  it('must exist when it is named', async () => {
    await assert.rejects(loadPolicy(root, day, 'nowhere.yaml'), {
      name: 'UsageError',
      message: "nowhere.yaml: policy can't be read: no such file",
    });
  });

  it('is known by the hash of its bytes', async () => {
    await writeFile(join(root, 'sluice.yaml'), 'project: { name: shop }\n');
    const policy = await loadPolicy(root, day);
    assert.equal(policy.file, 'sluice.yaml');
    assert.equal(policy.project.name, 'shop');
    // printf 'project: { name: shop }\n' | sha256sum
    assert.equal(policy.sha256, '1059dd426e3a795b952abd18ba931ada1da1983c7bc2f18c78d9f103e0b663af');
  });
});
