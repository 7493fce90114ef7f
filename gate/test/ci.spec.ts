/** `sluice ci` on a bare machine, on a real project with real ESLint, tsc, Jest and PostgreSQL: good, and with each fault planted. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StageName, stageNames, type StageStatus, type Verdict } from '../src/model.ts';
import { hasTrivy } from '../src/trivy.ts';
import { type Ending, sample, sluice } from './sample.ts';

/** Runs the pipeline on the sample with some files changed. */
async function ci(test: TestContext, changes: Record<string, string | null> = {}, args: string[] = []) {
  const source = sample(test, changes);
  const ending = await sluice(source, ['ci', '--runner', 'host', ...args]);
  const file = join(source, 'reports/verdict.json');
  const verdict = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Verdict) : undefined;
  return { ...ending, source, verdict };
}

function status(verdict: Verdict | undefined, stage: StageName): [StageStatus, string] {
  const found = verdict?.stages.find((one) => one.stage === stage);
  assert.ok(found, `no stage ${stage} in the verdict`);
  return [found.status, found.reason];
}

function others(verdict: Verdict | undefined, but: StageName): StageStatus[] {
  // Whether Trivy is there is this machine's, and whether the registry answers an audit the registry's.
  const ran = verdict!.stages.filter((one) => one.status !== 'not run' && one.tool !== 'trivy' && one.stage !== 'deps');
  return ran.filter(({ stage }) => stage !== but).map((one) => one.status);
}

const scripts = {
  lint: 'eslint src',
  typecheck: 'tsc --noEmit',
  test: 'jest',
  build: 'tsc --outDir dist --rootDir src --noEmit false',
};
const packageJson = (changed: Partial<typeof scripts>) =>
  JSON.stringify({ name: 'sample', scripts: { ...scripts, ...changed } });

describe('sluice ci on a good project', () => {
  it('passes, says that it is a preview, and leaves every report', async (test) => {
    const { code, stdout, stderr, verdict, source } = await ci(test);
    assert.equal(code, 0, stdout + stderr);
    assert.equal(verdict!.status, 'passed');
    assert.equal(verdict!.preview, true);
    assert.deepEqual(
      verdict!.stages.filter(({ status }) => status === 'passed').map(({ stage }) => stage),
      ['lint', 'typecheck', 'test', 'sast', ...(hasTrivy() ? ['secrets', 'config'] : []), 'build'],
    );
    assert.match(status(verdict, 'deps').join(': '), /^not run: npm audit got no answer: .*ECONNREFUSED/);
    assert.deepEqual(status(verdict, 'scan'), ['not run', 'needs a container: runs in Dagger only']);
    assert.match(stderr, /preview/);
    assert.match(stdout, /preview/);
    assert.match(stdout, /verdict passed/);
    const left = readdirSync(join(source, 'reports')).sort();
    assert.deepEqual(left, [...stageNames, 'index.html', 'sluice.sarif', 'summary.md', 'verdict.json'].sort());
  });

  it('gives the tests a PostgreSQL', async (test) => {
    const { verdict, stdout } = await ci(
      test,
      {
        'src/database.spec.js': `const { it, expect } = require('@jest/globals');
const { Client } = require('pg');
it('answers', async () => {
  const client = new Client(process.env.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query('select 1 as one');
  await client.end();
  expect(rows).toEqual([{ one: 1 }]);
});`,
      },
      ['--stage', 'test'],
    );
    assert.deepEqual(status(verdict, 'test')[0], 'passed', stdout);
  });
});

describe('sluice ci names each fault, and one fault costs no other stage', () => {
  it('a failing test', async (test) => {
    const { code, stdout, verdict } = await ci(test, {
      'src/late.spec.js':
        "const { it, expect } = require('@jest/globals');\nit('keeps time', () => {\n  expect(1).toBe(2);\n});\n",
    });
    assert.equal(code, 1);
    assert.deepEqual(status(verdict, 'test')[0], 'failed');
    assert.match(status(verdict, 'test')[1], /^1 of 3 tests.*keeps time/);
    assert.match(stdout, /src\/late\.spec\.js:3/);
    assert.deepEqual(others(verdict, 'test'), ['passed', 'passed', 'passed', 'passed']);
  });

  it('a lint error', async (test) => {
    const { code, stdout, verdict } = await ci(test, { 'src/evil.js': "eval('1');\n" }, ['--stage', 'lint']);
    assert.equal(code, 1);
    assert.deepEqual(status(verdict, 'lint')[0], 'failed');
    assert.match(stdout, /src\/evil\.js:1/);
    assert.match(stdout, /no-eval/);
  });

  it('a type error', async (test) => {
    const { code, stdout, verdict } = await ci(
      test,
      { 'src/wrong.js': '/** @type {number} */\nexports.n = "one";\n' },
      ['--stage', 'typecheck'],
    );
    assert.equal(code, 1);
    assert.deepEqual(status(verdict, 'typecheck')[0], 'failed');
    assert.match(stdout, /src\/wrong\.js:2/);
    assert.match(stdout, /TS2322/);
  });

  it('no test file at all', async (test) => {
    const { code, verdict } = await ci(test, { 'src/sum.spec.js': null }, ['--stage', 'test']);
    assert.equal(code, 3);
    assert.deepEqual(status(verdict, 'test')[0], 'broken');
    assert.match(status(verdict, 'test')[1], /executed no test/);
  });

  it('no test file at all, although the script says that this is fine', async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        'src/sum.spec.js': null,
        'package.json': packageJson({ test: 'jest --passWithNoTests' }),
      },
      ['--stage', 'test'],
    );
    assert.equal(code, 3);
    assert.match(status(verdict, 'test')[1], /executed no test/);
  });

  it('only skipped tests', async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        'src/sum.spec.js': "const { it } = require('@jest/globals');\nit.skip('adds', () => {});\n",
      },
      ['--stage', 'test'],
    );
    assert.equal(code, 3);
    assert.match(status(verdict, 'test')[1], /executed no test/);
  });

  it('ESLint without a file', async (test) => {
    const { code, verdict } = await ci(test, { 'package.json': packageJson({ lint: 'eslint nowhere' }) }, [
      '--stage',
      'lint',
    ]);
    assert.equal(code, 3);
    assert.match(status(verdict, 'lint')[1], /looked at no file/);
  });

  it('ESLint told to accept that it has no file', async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        'package.json': packageJson({ lint: 'eslint --no-error-on-unmatched-pattern nowhere' }),
      },
      ['--stage', 'lint'],
    );
    assert.equal(code, 3);
    assert.match(status(verdict, 'lint')[1], /looked at no file/);
  });

  it('Jest killed half-way', async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        'src/killed.spec.js':
          "const { it } = require('@jest/globals');\nit('dies', () => process.kill(process.pid, 'SIGKILL'));\n",
        'package.json': packageJson({ test: 'jest --runInBand' }),
      },
      ['--stage', 'test'],
    );
    assert.equal(code, 3);
    assert.deepEqual(status(verdict, 'test')[0], 'broken');
  });

  it('a truncated report', async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        'package.json': packageJson({ test: 'node truncated.js' }),
        'truncated.js':
          "const file = process.argv.find((a) => a.startsWith('--outputFile=')).slice(13);\nrequire('fs').writeFileSync(file, '{\"numPassedTests\": 2, \"testRes');\n",
      },
      ['--stage', 'test'],
    );
    assert.equal(code, 3);
    assert.deepEqual(status(verdict, 'test')[0], 'broken');
    assert.match(status(verdict, 'test')[1], /jest\.json/);
  });

  it('a missing report of a tool that says all is well', async (test) => {
    const { code, verdict } = await ci(test, { 'package.json': packageJson({ test: 'true' }) }, ['--stage', 'test']);
    assert.equal(code, 3);
    assert.match(status(verdict, 'test')[1], /jest\.json/);
  });
});

describe('sluice ci and coverage', () => {
  const asked = (lines: number) => ({ 'sluice.yaml': `stages: { test: { coverage: { lines: ${lines} } } }\n` });
  const half = {
    'src/half.js': 'exports.half = (n) => {\n  if (n) return n / 2;\n  return 0;\n};\nrequire("./sum.js");\n',
  };
  const spec = (file: string) => ({
    'src/half.spec.js': `require('@jest/globals').it('halves', () => void require('${file}'));\n`,
  });

  it('measures it where the policy asks, fails below it, and leaves JUnit', async (test) => {
    const all = { ...half, ...spec('./half.js') };
    const { code, verdict, source } = await ci(test, { ...all, ...asked(99) }, ['--stage', 'test']);
    assert.equal(code, 1);
    assert.match(
      status(verdict, 'test')[1],
      /^\d\d(\.\d+)? % of lines covered \(\d of \d\), the policy asks for 99 %$/,
    );
    assert.match(readFileSync(join(source, 'reports/test/junit.xml'), 'utf8'), /<testsuites tests="3" failures="0"/);
    assert.equal((await ci(test, { ...all, ...asked(40) }, ['--stage', 'test'])).code, 0);
  });

  it("is broken where the project's script does not measure it", async (test) => {
    const { code, verdict } = await ci(
      test,
      {
        ...asked(1),
        'package.json': packageJson({ test: 'node without.js' }),
        'without.js':
          "const { spawnSync } = require('child_process');\nprocess.exitCode = spawnSync('jest', process.argv.slice(2).filter((a) => !a.startsWith('--cov')), { stdio: 'inherit' }).status;\n",
      },
      ['--stage', 'test'],
    );
    assert.equal(code, 3);
    assert.match(status(verdict, 'test')[1], /^no coverage-summary\.json/);
  });
});

describe('sluice ci beside its base branch', () => {
  const evil = (name: string) => ({ [`src/${name}.js`]: "eval('1');\n" });

  it('blocks on what is new alone, where the policy says so', async (test) => {
    const base = await ci(test, evil('old'), ['--stage', 'lint']);
    assert.equal(base.code, 1);
    const given = ['--stage', 'lint', '--base', join(base.source, 'reports/sluice.sarif')];
    const onlyNew = { 'sluice.yaml': 'block: new\n' };
    // The same code, two lines further down.
    const moved = await ci(test, { 'src/old.js': "// moved\n\neval('1');\n", ...onlyNew }, given);
    assert.equal(moved.code, 0, moved.stdout);
    assert.match(moved.stdout, /compared with the base: 0 new, 1 known, 0 fixed/);
    assert.match(moved.stdout, /only what is new against the base blocks/);
    const worse = await ci(test, { ...evil('old'), ...evil('new'), ...onlyNew }, given);
    assert.equal(worse.code, 1);
    assert.match(worse.stdout, /src\/new\.js:1 no-eval.*\(new\)/);
  });

  it('refuses a base that is missing or no sluice.sarif, before anything runs', async (test) => {
    for (const [file, line] of [
      ['nowhere.sarif', /^sluice: cannot read the base's sluice\.sarif nowhere\.sarif: ENOENT$/],
      ['package.json', /^sluice: --base: package\.json is not a sluice\.sarif: version: /],
    ] as const) {
      const { code, stderr, verdict } = await ci(test, {}, ['--base', file]);
      assert.equal(code, 2);
      assert.match(stderr.trim(), line);
      assert.equal(verdict, undefined);
    }
  });
});

describe('sluice ci and its surroundings', () => {
  const oneLine = ({ stderr }: Ending) => assert.equal(stderr.trim().split('\n').length, 1, stderr);

  for (const [name, yaml, line] of [
    ['an unknown key', 'stages:\n  lint:\n    treshold: high\n', /^sluice\.yaml:3: stages\.lint\.treshold: .*allowed/],
    ['a wrong type', 'stages:\n  test:\n    timeout: soon\n', /^sluice\.yaml:3: stages\.test\.timeout/],
    [
      'an impossible date',
      'waivers:\n  - id: x\n    owner: a\n    reason: b\n    expires: 2026-02-30\n',
      /^sluice\.yaml:5: waivers\[0\]\.expires/,
    ],
  ] as const) {
    it(`refuses a policy with ${name}`, async (test) => {
      const ending = await ci(test, { 'sluice.yaml': yaml });
      assert.equal(ending.code, 2, ending.stderr);
      assert.match(ending.stderr, line);
      oneLine(ending);
    });
  }

  it('says what it looked for in a folder without package.json', async (test) => {
    const ending = await ci(test, { 'package.json': null });
    assert.equal(ending.code, 2);
    assert.match(ending.stderr, /^sluice: looked for package\.json in .* and found none/);
    oneLine(ending);
  });

  it('answers an unknown flag and an unknown command with the usage on stderr', async (test) => {
    for (const args of [['ci', '--fast'], ['sea-eye']]) {
      const { code, stdout, stderr } = await sluice(sample(test), args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage: sluice/);
    }
  });

  it('names a reports folder that can not be written', async (test) => {
    const ending = await ci(test, {}, ['--reports', '/proc/reports']);
    assert.equal(ending.code, 2);
    assert.match(ending.stderr, /cannot write .*\/proc\/reports.*: name another folder with --reports/);
  });

  it('on Ctrl-C ends what runs, with no verdict and nothing left behind', async (test) => {
    const temporary = sample(test);
    // As /tmp is: run by root, the database's user must get through.
    chmodSync(temporary, 0o755);
    const source = sample(test, {
      'src/slow.spec.js':
        "const { it } = require('@jest/globals');\nit('waits', () => new Promise((done) => setTimeout(done, 60000)), 90000);\n",
    });
    const began = Date.now();
    const { code, stderr } = await sluice(source, ['ci', '--runner', 'host'], {
      environment: { TMPDIR: temporary },
      during: async (pid) => {
        // Wait for the database's folder: then the test runs, or is about to.
        while (!readdirSync(temporary).some((name) => name.startsWith('sluice-postgres-'))) await sleep(50);
        await sleep(2000);
        process.kill(pid, 'SIGINT');
      },
    });
    assert.equal(code, 130, stderr);
    assert.ok(Date.now() - began < 30_000);
    assert.equal(existsSync(join(source, 'reports/verdict.json')), false);
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith('sluice-')),
      [],
    );
  });
});
