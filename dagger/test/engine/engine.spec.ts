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

interface Fault {
  what: string;
  /** Files that are written over the good project. */
  files: Record<string, string>;
  exitCode: number;
  stage: string;
  status: string;
  /** Found in the stage's reason or in its first finding with file and line. */
  says: RegExp;
}

const good = join(root, 'dagger/test/fixtures/good');
const manifest = JSON.parse(readFileSync(join(good, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

function withScript(name: string, script: string): Record<string, string> {
  return { 'package.json': JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, [name]: script } }, null, 2) };
}

const faults: Fault[] = [
  {
    what: 'a failing test',
    files: { 'test/sum.test.js': "test('adds', () => {\n  expect(1).toBe(2);\n});\n" },
    exitCode: 1,
    stage: 'test',
    status: 'failed',
    says: /adds.*test\/sum\.test\.js:2/s,
  },
  {
    what: 'a lint error',
    files: { 'src/sum.js': '/** @param {number} a */\nexport function sum(a) {\n  const b = 1;\n  return a;\n}\n' },
    exitCode: 1,
    stage: 'lint',
    status: 'failed',
    says: /src\/sum\.js:3/,
  },
  {
    what: 'a type error',
    files: { 'src/wrong.js': '/** @type {number} */\nexport const wrong = "text";\n' },
    exitCode: 1,
    stage: 'typecheck',
    status: 'failed',
    says: /src\/wrong\.js:2/,
  },
  {
    what: 'no test file',
    files: { 'test/sum.test.js': '', ...withScript('test', `${manifest.scripts['test']} --testPathPatterns nothing`) },
    exitCode: 3,
    stage: 'test',
    status: 'broken',
    says: /executed no test/,
  },
  {
    what: 'ESLint matches no file',
    files: withScript('lint', "eslint 'nothing/**/*.js'"),
    exitCode: 3,
    stage: 'lint',
    status: 'broken',
    says: /looked at no file/,
  },
  {
    what: 'Jest killed half-way',
    files: { 'test/sum.test.js': "test('adds', () => {\n  process.kill(process.pid, 'SIGKILL');\n});\n" },
    exitCode: 3,
    stage: 'test',
    status: 'broken',
    says: /./,
  },
  {
    what: "Jest's JSON truncated",
    files: {
      ...withScript('test', 'node test-then-truncate.js'),
      'test-then-truncate.js': [
        "import { spawnSync } from 'node:child_process';",
        "import { readFileSync, writeFileSync } from 'node:fs';",
        "const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];",
        "spawnSync('node', [...jest, ...process.argv.slice(2)], { stdio: 'inherit' });",
        "const file = process.argv.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);",
        "writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));",
        '',
      ].join('\n'),
    },
    exitCode: 3,
    stage: 'test',
    status: 'broken',
    says: /./,
  },
  {
    what: 'a Dockerfile that does not build',
    files: { Dockerfile: `${readFileSync(join(good, 'Dockerfile'), 'utf8')}RUN node --eval 'process.exit(7)'\n` },
    exitCode: 1,
    stage: 'build',
    status: 'failed',
    says: /./,
  },
  {
    what: 'a lockfile that is out of step',
    files: {
      'package.json': JSON.stringify({ ...manifest, dependencies: { 'is-number': '7.0.0' } }, null, 2),
    },
    exitCode: 3,
    stage: 'lint',
    status: 'broken',
    says: /npm ci/,
  },
];

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
      ['lint passed', 'typecheck passed', 'test passed', 'build passed'],
    );
    assert.equal(verdict.status, 'passed');
    assert.equal(verdict.runner, 'dagger');

    const { exitCode, stdout } = call(['ci', '--source', source]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /verdict passed/);
    assert.match(stdout, /dagger call reports export --path reports/);
  });

  for (const fault of faults) {
    test(`${fault.what}: ${fault.stage} is ${fault.status}, exit ${fault.exitCode}`, () => {
      const source = project(fault.what, fault.files);
      const verdict = verdictOf(source);
      const stage = verdict.stages.find((each) => each.stage === fault.stage)!;
      assert.equal(stage.status, fault.status, stage.reason);
      const found = stage.findings[0];
      const { path, line } = found?.location ?? {};
      assert.match(`${stage.reason}\n${found?.message ?? ''} ${path}:${line}`, fault.says);

      const { exitCode, stderr } = call(['ci', '--source', source]);
      assert.equal(exitCode, fault.exitCode, stderr);
      assert.match(stderr, new RegExp(`verdict ${verdict.status}`));
    });
  }

  test('a stage alone is judged alone', () => {
    const source = project('lint alone', { 'test/sum.test.js': "test('fails', () => expect(1).toBe(2));\n" });
    const { exitCode, stdout, stderr } = call(['lint', '--source', source]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /lint +passed/);
  });

  test('a policy with an unknown key is one line with file, line and key, exit 2', () => {
    const source = project('bad policy', { 'sluice.yaml': 'project:\n  name: sum\nstages:\n  lnt: {}\n' });
    const { exitCode, stderr } = call(['ci', '--source', source]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /sluice\.yaml:4.*lnt/);
  });

  test('a policy of the caller decides, not the one of the source', () => {
    const source = project('own policy', { 'sluice.yaml': 'stages:\n  lnt: {}\n' });
    const policy = join(scratch, 'given.yaml');
    writeFileSync(policy, 'stages:\n  lint: {}\n');
    assert.equal(call(['lint', '--source', source, '--policy', policy]).exitCode, 0);
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
