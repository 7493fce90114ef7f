/**
 * What each gate must do to a project that is known: one row a stage and fixture. A new stage adds its three rows here; the self-test
 * fails for a stage that has none.
 */
import type { RunnerName, StageName, StageStatus } from '../model.ts';

export const fixtures = ['bad', 'good', 'sabotaged'] as const;
export type Fixture = (typeof fixtures)[number];

export interface Row {
  stage: StageName;
  /** A known-bad project must come out failed, a good one passed; where the tool does not do its work, broken. */
  fixture: Fixture;
  /** The only runner that has this row. Default: every one that runs the stage. */
  runner?: RunnerName;
  /** The good project, a folder in gate/self-test. Default: `project`. */
  project?: string;
  /** What differs from it; null removes a file. */
  files?: Record<string, string | null>;
  /** The policy, as YAML. Default: an empty one. */
  policy?: string;
  /** In Dagger: the tool's program, in whose place stands one that ends well without having done anything. */
  idleProgram?: string;
  /** What must come out. Default: failed for a bad one, passed for a good one, broken for a sabotaged one. */
  expected?: StageStatus;
  /** Of a bad one: what must have been found, by any of its names. */
  rule?: string;
  /** What the reason must say, as a regular expression. */
  reason?: string;
}

/** A script of the project that ends well without having done anything: a tool that looks at nothing. */
function idle(script: string): Record<string, string> {
  const scripts = { lint: 'eslint .', typecheck: 'tsc', test: 'jest', build: 'tsc', [script]: 'true' };
  return { 'package.json': JSON.stringify({ name: 'sum', private: true, type: 'module', scripts }) };
}

/** A project with one dependency, locked. */
function locked(name: string, version: string): Record<string, string> {
  const root = { name: 'sum', version: '1.0.0', dependencies: { [name]: version } };
  const resolved = `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`;
  const packages = { '': root, [`node_modules/${name}`]: { version, resolved } };
  return {
    'package.json': JSON.stringify(root),
    'package-lock.json': JSON.stringify({ ...{ name: 'sum', version: '1.0.0' }, lockfileVersion: 3, packages }),
  };
}

/** One package in the good project's image, which has no other. */
function packed(name: string, version: string): Record<string, string> {
  return { [`src/node_modules/${name}/package.json`]: JSON.stringify({ name, version, license: 'MIT' }) };
}

/** What the scan of gate/self-test/api needs; that service plants a flaw by its name. */
function api(flaw: string): Pick<Row, 'project' | 'policy'> {
  const environment = { FLAW: flaw, TOKEN_SHA256: '${TOKEN_SHA256}' };
  const dast = { health: '/ready', token: {}, seed: 'seed.yaml', environment };
  return { project: 'api', policy: JSON.stringify({ stages: { dast } }) };
}

const trivy = '/usr/local/bin/trivy';
const noImage = 'FROM registry.invalid/nothing:1\n';

export const rows: Row[] = [
  {
    ...{ stage: 'lint', fixture: 'bad', rule: 'no-unused-vars', reason: 'src/half\\.js:2' },
    files: { 'src/half.js': 'export function half() {\n  const unused = 1;\n  return 2;\n}\n' },
  },
  { stage: 'lint', fixture: 'good', reason: '^0 findings · 3 files' },
  { stage: 'lint', fixture: 'sabotaged', reason: '^no eslint\\.json', files: idle('lint') },

  {
    ...{ stage: 'typecheck', fixture: 'bad', rule: 'TS2322', reason: 'src/wrong\\.js:2' },
    files: { 'src/wrong.js': '/** @type {number} */\nexport const wrong = "text";\n' },
  },
  { stage: 'typecheck', fixture: 'good', reason: '^0 findings · 1 file' },
  { stage: 'typecheck', fixture: 'sabotaged', reason: '^looked at no file', files: idle('typecheck') },

  {
    ...{ stage: 'test', fixture: 'bad', rule: 'adds', reason: '^1 of 1 test: adds' },
    files: { 'test/sum.test.js': "test('adds', () => expect(1).toBe(2));\n" },
  },
  // One of its tests talks to the PostgreSQL that the stage brings.
  { stage: 'test', fixture: 'good', reason: '^2 tests' },
  { stage: 'test', fixture: 'sabotaged', reason: '^no jest\\.json', files: idle('test') },

  {
    ...{ stage: 'sast', fixture: 'bad', rule: 'command-injection', reason: 'src/list\\.js:2' },
    files: {
      'src/list.js':
        "import { execSync } from 'node:child_process';\nexport const list = (request) => execSync('ls ' + request.query.path);\n",
    },
  },
  { stage: 'sast', fixture: 'good', reason: '^0 findings · [1-9]' },
  // Its tool is Sluice's own, out of a project's reach: it is given what it can't read.
  { stage: 'sast', fixture: 'sabotaged', reason: 'src/torn\\.js:1', files: { 'src/torn.js': 'export const = {;\n' } },

  {
    ...{ stage: 'build', fixture: 'bad', runner: 'host', reason: 'build failed' },
    files: { 'src/wrong.js': '/** @type {number} */\nexport const wrong = "text";\n' },
  },
  { stage: 'build', fixture: 'good', runner: 'host', reason: '^1 file' },
  { stage: 'build', fixture: 'sabotaged', runner: 'host', reason: '^built nothing', files: idle('build') },
  {
    ...{ stage: 'build', fixture: 'bad', runner: 'dagger', reason: 'build failed: [^:]*copy.* /nowhere: no such file' },
    files: { Dockerfile: 'FROM scratch\nCOPY nowhere /\n' },
  },
  { stage: 'build', fixture: 'good', runner: 'dagger', reason: 'layers?.*sha256:' },
  {
    ...{ stage: 'build', fixture: 'sabotaged', runner: 'dagger', reason: 'could not reach a registry' },
    files: { Dockerfile: noImage },
  },

  // On a bare machine deps asks the registry, whose answer is not ours to know.
  {
    ...{ stage: 'deps', fixture: 'bad', runner: 'dagger', rule: 'CVE-2021-23337' },
    files: locked('lodash', '4.17.20'),
  },
  {
    ...{ stage: 'deps', fixture: 'good', runner: 'dagger', reason: '^0 findings' },
    files: locked('is-number', '7.0.0'),
  },
  {
    ...{ stage: 'deps', fixture: 'sabotaged', runner: 'dagger', reason: '^no audit\\.json' },
    ...{ files: locked('is-number', '7.0.0'), idleProgram: trivy },
  },

  // Documentation is where scanners look away first. A bare machine need not have Trivy.
  {
    ...{ stage: 'secrets', fixture: 'bad', runner: 'dagger', rule: 'github-pat', reason: 'docs/setup\\.md:1' },
    files: { 'docs/setup.md': `Log in with ghp_${'a1'.repeat(18)}.\n` },
  },
  { stage: 'secrets', fixture: 'good', runner: 'dagger', reason: '^0 findings · [1-9]' },
  {
    ...{ stage: 'secrets', fixture: 'sabotaged', runner: 'dagger', reason: '^no secrets\\.json' },
    idleProgram: trivy,
  },

  // A Dockerfile for Trivy, and a Compose file for Sluice's own rules, which come first in the reason.
  {
    ...{
      stage: 'config',
      fixture: 'bad',
      runner: 'dagger',
      rule: 'DS-0002',
      reason: 'compose-privileged in compose\\.yaml:2',
    },
    files: {
      Dockerfile: 'FROM scratch\nUSER root\n',
      'compose.yaml': 'services:\n  sum: { image: sum, privileged: true }\n',
    },
  },
  { stage: 'config', fixture: 'good', runner: 'dagger', reason: ' · 1 file$' },
  {
    ...{ stage: 'config', fixture: 'sabotaged', runner: 'dagger', reason: '^no config\\.json' },
    idleProgram: trivy,
  },

  {
    ...{ stage: 'scan', fixture: 'bad', runner: 'dagger', rule: 'CVE-2021-23337' },
    files: packed('lodash', '4.17.20'),
  },
  {
    ...{ stage: 'scan', fixture: 'good', runner: 'dagger', reason: '^\\d+ findings? · [1-9]\\d* packages' },
    files: packed('is-number', '7.0.0'),
  },
  {
    ...{ stage: 'scan', fixture: 'sabotaged', runner: 'dagger', reason: '^no trivy-\\*\\.json' },
    ...{ files: packed('is-number', '7.0.0'), idleProgram: trivy },
  },

  // There is nothing that it could find: a list without a component is no list.
  {
    ...{
      stage: 'sbom',
      fixture: 'bad',
      runner: 'dagger',
      expected: 'broken',
      reason: 'listed no component|without library',
    },
    files: { Dockerfile: 'FROM scratch\nCOPY src /src\n' },
  },
  {
    ...{ stage: 'sbom', fixture: 'good', runner: 'dagger', reason: '[1-9]\\d* components' },
    files: packed('is-number', '7.0.0'),
  },
  {
    ...{ stage: 'sbom', fixture: 'sabotaged', runner: 'dagger', reason: '^no sbom-\\*\\.cdx\\.json' },
    ...{ files: packed('is-number', '7.0.0'), idleProgram: trivy },
  },

  // Its search gives back, as HTML, what was looked for.
  {
    ...{
      stage: 'dast',
      fixture: 'bad',
      runner: 'dagger',
      rule: '40012',
      reason: 'Cross Site Scripting at GET .*search',
    },
    ...api('xss'),
  },
  { stage: 'dast', fixture: 'good', runner: 'dagger', reason: ' · 3 operations', ...api('') },
  {
    ...{ stage: 'dast', fixture: 'sabotaged', runner: 'dagger', reason: '^no zap\\.har' },
    ...{ idleProgram: '/zap/zap.sh', ...api('') },
  },
];

/** The rows of a runner, of these stages where some are named. */
export function rowsOf(runner: RunnerName, stages: readonly StageName[], all: readonly Row[] = rows): Row[] {
  return all.filter((row) => (row.runner ?? runner) === runner && stages.includes(row.stage));
}

/** The name of a row's folder: "lint-bad". */
export function rowName({ stage, fixture }: Row): string {
  return `${stage}-${fixture}`;
}
