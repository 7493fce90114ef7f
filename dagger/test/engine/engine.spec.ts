/** Every planted fault on a real engine: exit codes, and what the verdict says. Skipped with the reason where there is none. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, noEngine, root } from '../engine.ts';

interface StageResult {
  stage: string;
  status: string;
  reason: string;
  findings: { message: string; location?: { path: string; line?: number } }[];
}
interface Verdict {
  status: string;
  runner: string;
  subject: { revision: string };
  stages: StageResult[];
}

/** A project with faults planted. Several at once show as well that no stage stops another. */
interface Planted {
  what: string;
  /** Files that are written over the good project. */
  files: Record<string, string>;
  exitCode: number;
  /** Each stage's status, and what its reason or its first finding (with file and line) says. */
  stages: Record<string, [status: string, says: RegExp]>;
}

const good = join(root, 'gate/self-test/project');
const manifest = JSON.parse(readFileSync(join(good, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const jest = manifest.scripts['test']!;

function withScripts(scripts: Record<string, string>): Record<string, string> {
  return { 'package.json': JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }, null, 2) };
}

const planted: Planted[] = [
  {
    what: 'a failing test, a lint error, a type error, a secret, a privileged service and a Dockerfile that does not build',
    files: {
      'test/sum.test.js': "test('adds', () => {\n  expect(1).toBe(2);\n});\n",
      'src/unused.js': 'export function half() {\n  const unused = 1;\n  return 2;\n}\n',
      'src/wrong.js': '/** @type {number} */\nexport const wrong = "text";\n',
      Dockerfile: `${readFileSync(join(good, 'Dockerfile'), 'utf8')}RUN node --eval 'process.exit(7)'\n`,
      'docs/setup.yaml': `token: ghp_${'a1'.repeat(18)}\n`,
      'compose.yaml': 'services:\n  sum: { image: sum, privileged: true }\n',
    },
    exitCode: 1,
    stages: {
      secrets: ['failed', /docs\/setup\.yaml:1/],
      config: ['failed', /compose-privileged in compose\.yaml:2/],
      lint: ['failed', /src\/unused\.js:2/],
      typecheck: ['failed', /src\/wrong\.js:2/],
      test: ['failed', /adds[^]*test\/sum\.test\.js:2/],
      build: ['failed', /build failed/],
    },
  },
  {
    what: 'no test file, and a pattern by which ESLint finds no file',
    files: withScripts({ test: `${jest} --testPathPatterns nothing`, lint: "eslint 'nothing/**/*.js'" }),
    exitCode: 3,
    stages: {
      lint: ['broken', /looked at no file/],
      typecheck: ['passed', /0 findings/],
      test: ['broken', /executed no test/],
      build: ['passed', /sha256:/],
    },
  },
  {
    what: 'a lockfile that is out of step with package.json',
    files: { 'package.json': JSON.stringify({ ...manifest, dependencies: { 'is-number': '7.0.0' } }, null, 2) },
    exitCode: 3,
    stages: {
      lint: ['broken', /npm ci ended with exit code 1: .*in sync/],
      typecheck: ['broken', /npm ci ended with exit code 1/],
      test: ['broken', /npm ci ended with exit code 1/],
      build: ['passed', /sha256:/],
    },
  },
];

const truncating = [
  "import { spawnSync } from 'node:child_process';",
  "import { readFileSync, writeFileSync } from 'node:fs';",
  "const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];",
  "spawnSync('node', [...jest, ...process.argv.slice(2)], { stdio: 'inherit' });",
  "const file = process.argv.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);",
  "writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));",
  '',
].join('\n');

describe('the module on a real engine', { skip: noEngine() ?? false }, () => {
  let scratch: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  function project(name: string, files: Record<string, string> = {}): string {
    const folder = join(scratch, name.replaceAll(/\W+/g, '-'));
    cpSync(good, folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return folder;
  }

  /** The exported reports; they come whatever failed. */
  function verdictOf(source: string): Verdict {
    const reports = `${source}-reports`;
    const { exitCode, stderr } = call(['reports', '--source', source, 'export', '--path', reports]);
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(readFileSync(join(reports, 'verdict.json'), 'utf8')) as Verdict;
  }

  test('a good project passes every stage', () => {
    const source = project('good');
    const verdict = verdictOf(source);
    assert.deepEqual(
      verdict.stages.map(({ stage, status }) => `${stage} ${status}`),
      [
        'lint passed',
        'typecheck passed',
        'test passed',
        'sast passed',
        'deps passed',
        'secrets passed',
        'config passed',
        'build passed',
        'scan passed',
        'sbom passed',
        'dast absent',
      ],
    );
    assert.equal(verdict.status, 'passed');
    assert.equal(verdict.runner, 'dagger');

    const { exitCode, stdout } = call(['ci', '--source', source]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /verdict passed/);
    assert.match(stdout, /dagger call reports export --path reports/);
  });

  for (const { what, files, exitCode, stages } of planted) {
    test(`${what}: exit ${exitCode}, and every report is there`, () => {
      const source = project(what, files);
      const verdict = verdictOf(source);
      for (const [name, [status, says]] of Object.entries(stages)) {
        const stage = verdict.stages.find((each) => each.stage === name)!;
        const { message = '', location } = stage.findings[0] ?? {};
        const said = `${stage.reason}\n${message} ${location?.path}:${location?.line}`;
        assert.equal(stage.status, status, said);
        assert.match(said, says);
      }
      const answer = call(['ci', '--source', source]);
      assert.equal(answer.exitCode, exitCode, answer.stderr);
      assert.match(answer.stderr, new RegExp(`verdict ${verdict.status}`));
      assert.match(answer.stderr, /dagger call reports export --path reports/);
    });
  }

  test('Jest killed half-way: broken, exit 3', () => {
    const killing = "test('adds', () => {\n  process.kill(process.pid, 'SIGKILL');\n});\n";
    const source = project('killed', { 'test/sum.test.js': killing });
    const { exitCode, stderr } = call(['test', '--source', source]);
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /test +broken +jest (was ended by SIGKILL|ended with exit code 137)/);
  });

  test("Jest's JSON truncated: broken, exit 3, and tried afresh by the next call", () => {
    // Of this run alone: the engine's cache may still have the first attempt of the run before.
    const script = `${truncating}// ${Date.now()}\n`;
    const files = { ...withScripts({ test: 'node test-then-truncate.js' }), 'test-then-truncate.js': script };
    const source = project('truncated', files);
    const first = call(['test', '--source', source]);
    assert.equal(first.exitCode, 3, first.stderr);
    assert.match(first.stderr, /test +broken +.*(JSON|truncated)/i);
    const second = call(['test', '--source', source]);
    assert.equal(second.exitCode, 3, second.stderr);
    // The first attempt came from the engine's cache; the second is new.
    assert.match(second.stderr, /SLUICE_ATTEMPT/);
    assert.doesNotMatch(first.stderr, /SLUICE_ATTEMPT/);
  });

  test('a stage alone is judged alone, and the policy of the caller decides, not the one of the source', () => {
    const source = project('lint alone', {
      'test/sum.test.js': "test('fails', () => expect(1).toBe(2));\n",
      'sluice.yaml': 'stages:\n  lnt: {}\n',
    });
    const policy = join(scratch, 'given.yaml');
    writeFileSync(policy, 'stages:\n  lint: {}\n');
    const { exitCode, stdout, stderr } = call(['lint', '--source', source, '--policy', policy]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /lint +passed/);
  });

  test('a policy with an unknown key is one line with file, line and key, exit 2', () => {
    const source = project('bad policy', { 'sluice.yaml': 'project:\n  name: sum\nstages:\n  lnt: {}\n' });
    const { exitCode, stderr } = call(['ci', '--source', source]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /sluice\.yaml:4.*lnt/);
  });

  test('a source without package.json is one line that says what was looked for, exit 2', () => {
    const source = join(scratch, 'empty');
    mkdirSync(source);
    writeFileSync(join(source, 'index.js'), '');
    const { exitCode, stderr } = call(['ci', '--source', source]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /looked for package\.json in the root of the source and found none/);
  });

  test('an image that is not pinned is one line with file and line, exit 2', () => {
    const images = join(scratch, 'images.json');
    writeFileSync(images, '{\n  "node24": "docker.io/library/node:24"\n}\n');
    const { exitCode, stderr } = call(['ci', '--source', good], { images });
    assert.equal(exitCode, 2);
    assert.match(stderr, /images\.json:2: node24 is not pinned by digest/);
  });
});
