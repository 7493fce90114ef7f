import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { day, evidenceFolder, good, judge, type Judging, type Left } from '../test/evidence-folder.ts';
import { reportText } from '../test/report-file.ts';
import { type StageName, stageNames, type Verdict } from './model.ts';
import { readBase } from './baseline.ts';
import { parsePolicy } from './policy.ts';
import { sarif } from './render/sarif.ts';

const policy = (text: string) => parsePolicy(Buffer.from(text), 'sluice.yaml', day);

/** A stage of which only the record says something. */
function saying(stage: StageName, over: Partial<Left['record']>): Left {
  return { record: { ...good(stage).record, exitCode: null, ...over }, files: {} };
}

function reporting(stage: StageName, exitCode: number, files: Record<string, string>): Left {
  return { record: { ...good(stage).record, exitCode }, files };
}

const lint = (file: string, exitCode = 1) =>
  reporting('lint', exitCode, { 'eslint.json': reportText(`eslint/${file}.json`) });
const failingTest = reporting('test', 1, { 'jest.json': reportText('jest/failures.json') });

async function verdictOf(
  test: TestContext,
  left: Partial<Record<StageName, Left>>,
  judging: Judging = {},
): Promise<Verdict> {
  return judge(evidenceFolder(test, left), judging);
}
const stage = (verdict: Verdict, name: StageName) => verdict.stages.find((one) => one.stage === name)!;

describe('the status of a stage', () => {
  it('is failed for findings from the threshold on, each named with file and line', async (test) => {
    const verdict = await verdictOf(test, { lint: lint('errors') });
    assert.equal(verdict.status, 'failed');
    assert.equal(stage(verdict, 'lint').status, 'failed');
    assert.equal(stage(verdict, 'lint').reason, '3 findings: no-unused-vars in src/cart.js:3');
    assert.deepEqual(stage(verdict, 'lint').counts, { high: 3, low: 1 });
    assert.deepEqual(verdict.findings, { high: 3, low: 1 });
  });

  it('is passed for findings below the threshold, with a warning where the tool itself blocks on them', async (test) => {
    const quiet = await verdictOf(test, { lint: lint('warnings', 0) });
    assert.equal(quiet.status, 'passed');
    assert.equal(stage(quiet, 'lint').reason, '1 finding · 1 file');
    assert.deepEqual(quiet.warnings, []);
    const loud = await verdictOf(test, { lint: lint('warnings', 1) });
    assert.equal(loud.status, 'passed');
    assert.deepEqual(loud.warnings, [
      "lint: eslint itself blocks on what is below the policy's threshold (exit code 1)",
    ]);
    const strict = await verdictOf(
      test,
      { lint: lint('warnings', 0) },
      { policy: policy('stages: { lint: { threshold: low } }') },
    );
    assert.equal(strict.status, 'failed');
  });

  it('is failed for what the report shows, whatever the exit code says', async (test) => {
    const verdict = await verdictOf(test, {
      lint: lint('errors', 0),
      test: { ...failingTest, record: good('test').record },
    });
    assert.deepEqual(
      verdict.stages.map(({ status }) => status),
      stageNames.map((name) => (name === 'lint' || name === 'test' ? 'failed' : 'passed')),
    );
  });

  it('is failed for a failing test, by its name', async (test) => {
    const verdict = await verdictOf(test, { test: failingTest });
    assert.equal(stage(verdict, 'test').reason, '2 of 4 tests: price › rounds');
  });

  it('is failed for a type error and a failed build', async (test) => {
    const verdict = await verdictOf(test, {
      typecheck: reporting('typecheck', 2, { 'tsc.txt': reportText('tsc/errors.txt') }),
      build: reporting('build', 1, {
        'build.json': JSON.stringify({
          kind: 'sluice/build/v1',
          what: 'application',
          files: 0,
          sizeBytes: 0,
          failure: 'one\ntwo',
        }),
      }),
    });
    assert.equal(stage(verdict, 'typecheck').reason, '3 findings: TS2322 in src/cart.ts:2');
    assert.equal(stage(verdict, 'build').status, 'failed');
    assert.equal(stage(verdict, 'build').reason, '1 finding: build failed: two');
  });

  it('is failed for a security rule that a comment silences, until the ledger has it', async (test) => {
    const verdict = await verdictOf(test, { lint: lint('suppressed', 0) });
    assert.equal(stage(verdict, 'lint').status, 'failed');
    assert.equal(
      stage(verdict, 'lint').reason,
      '1 finding (1 silenced outside the ledger): no-eval in src/hushed.js:2',
    );
    const lenient = policy('stages: { lint: { threshold: critical } }');
    assert.equal((await verdictOf(test, { lint: lint('suppressed', 0) }, { policy: lenient })).status, 'failed');
    const ledger = policy(
      'waivers:\n  - { id: no-eval, path: src/hushed.js, owner: ann, reason: ours, expires: 2027-01-01 }\n',
    );
    const waived = await verdictOf(test, { lint: lint('suppressed', 0) }, { policy: ledger });
    assert.equal(waived.status, 'passed');
    assert.equal(waived.waived.length, 1);
    assert.equal(stage(waived, 'lint').reason, '1 finding · 1 waived · 1 file');
  });

  it('is failed again when the waiver has expired, and says so first', async (test) => {
    const ledger = policy('waivers:\n  - { id: no-eval, owner: ann, reason: ours, expires: 2026-11-21 }\n');
    const verdict = await verdictOf(test, { lint: lint('suppressed', 0) }, { policy: ledger });
    assert.equal(verdict.status, 'failed');
    assert.match(stage(verdict, 'lint').reason, /^the waiver of no-eval expired on 2026-11-21 \(ann\); 1 finding/);
    assert.deepEqual(verdict.warnings, ['waiver no-eval (ann) expired on 2026-11-21: its findings count again']);
  });

  it('is never excused by a waiver where nothing can be: tests, types, broken stages', async (test) => {
    const ledger = policy(
      'waivers:\n' +
        "  - { id: 'price › rounds', owner: ann, reason: flaky, expires: 2027-01-01 }\n" +
        '  - { id: TS2322, stage: typecheck, owner: ann, reason: later, expires: 2027-01-01 }\n',
    );
    const verdict = await verdictOf(
      test,
      { test: failingTest, typecheck: reporting('typecheck', 2, { 'tsc.txt': reportText('tsc/errors.txt') }) },
      { policy: ledger },
    );
    assert.equal(stage(verdict, 'test').status, 'failed');
    assert.equal(stage(verdict, 'typecheck').status, 'failed');
    assert.deepEqual(verdict.waived, []);
    assert.ok(verdict.warnings.includes("waiver TS2322 (ann) has no effect: what typecheck finds can't be waived"));
  });

  it('shows what was found even where the stage is broken', async (test) => {
    const verdict = await verdictOf(test, {
      test: reporting('test', 1, { 'jest.json': reportText('jest/module-missing.json') }),
    });
    assert.equal(stage(verdict, 'test').status, 'broken');
    assert.equal(
      stage(verdict, 'test').reason,
      "executed no test: suite failed to run: Cannot find module './gone' from 'missing.test.js'",
    );
    assert.equal(stage(verdict, 'test').findings.length, 1);
  });
});

describe('the verdict', () => {
  const absent = saying('lint', { absent: 'no script "lint" in package.json' });
  const notRun = saying('lint', { notRun: 'needs a container' });
  const broken = saying('lint', { broken: 'npm is not installed' });
  const optional = policy('stages: { lint: { required: false } }');

  const table: [what: string, left: Partial<Record<StageName, Left>>, judging: Judging, expected: Verdict['status']][] =
    [
      ['all passed', {}, {}, 'passed'],
      ['one failed', { test: failingTest }, {}, 'failed'],
      ['one broken', { lint: broken }, {}, 'broken'],
      ['one failed, one broken', { lint: broken, test: failingTest }, {}, 'failed'],
      ['one absent', { lint: absent }, {}, 'broken'],
      ['one absent that need not be there', { lint: absent }, { policy: optional }, 'passed'],
      ['one broken that need not be there', { lint: broken }, { policy: optional }, 'broken'],
      ['one not run', { lint: notRun }, {}, 'broken'],
      ['one not run that need not', { lint: notRun }, { policy: optional }, 'passed'],
      ['one not run, in a preview', { lint: notRun }, { runner: 'host' }, 'passed'],
      ['one not run, in a strict preview', { lint: notRun }, { runner: 'host', strict: true }, 'broken'],
      [
        'one not run that need not, in a strict preview',
        { lint: notRun },
        { runner: 'host', strict: true, policy: optional },
        'passed',
      ],
      ['one absent, in a preview', { lint: absent }, { runner: 'host' }, 'broken'],
    ];
  for (const [what, left, judging, expected] of table) {
    it(`is ${expected} with ${what}`, async (test) => {
      assert.equal((await verdictOf(test, left, judging)).status, expected);
    });
  }

  it('is broken where nothing ran, also in a preview', async (test) => {
    const none = Object.fromEntries(stageNames.map((name) => [name, saying(name, { notRun: 'needs a container' })]));
    assert.equal((await verdictOf(test, none, { runner: 'host' })).status, 'broken');
  });

  it('names what it rests on', async (test) => {
    const verdict = await verdictOf(test, {});
    assert.equal(verdict.schema, 'verdict/v1');
    assert.equal(verdict.preview, false);
    assert.equal(verdict.subject.imageDigest, `sha256:${'0f'.repeat(32)}`);
    assert.match(verdict.policy, /^[0-9a-f]{64}$/);
    assert.equal(verdict.stages[0]?.tool, 'eslint');
    assert.equal(verdict.stages[0]?.durationMs, 2100);
    assert.equal((await verdictOf(test, {}, { runner: 'host' })).preview, true);
  });
});

describe('coverage', () => {
  const asked = (least: string) => policy(`stages: { test: { coverage: { ${least} } } }`);
  const covering = (file: string, jest = 'clean', exitCode = 0) =>
    reporting('test', exitCode, {
      'jest.json': reportText(`jest/${jest}.json`),
      'coverage-summary.json': reportText(`coverage/${file}.json`),
    });

  it('below what the policy asks for fails, and is no failing test', async (test) => {
    const verdict = await verdictOf(
      test,
      { test: covering('partial') },
      { policy: asked('lines: 80.1, branches: 50') },
    );
    assert.equal(verdict.status, 'failed');
    assert.equal(stage(verdict, 'test').reason, '80 % of lines covered (4 of 5), the policy asks for 80.1 %');
    const both = await verdictOf(test, { test: covering('partial', 'failures', 1) }, { policy: asked('lines: 90') });
    assert.match(stage(both, 'test').reason, /^2 of 4 tests: price › rounds · 80 % of lines covered/);
  });

  it('that is enough passes, and is shown', async (test) => {
    const verdict = await verdictOf(test, { test: covering('partial') }, { policy: asked('lines: 80, branches: 50') });
    assert.equal(stage(verdict, 'test').reason, '2 tests · 80 % of lines covered');
  });

  it('that is asked for and was not measured is broken; not asked for, nobody misses it', async (test) => {
    const without = await verdictOf(test, {}, { policy: asked('lines: 1') });
    assert.equal(stage(without, 'test').reason, 'no coverage-summary.json');
    assert.equal(without.status, 'broken');
    const none = await verdictOf(test, { test: covering('no-file') }, { policy: asked('lines: 0') });
    assert.match(stage(none, 'test').reason, /counts no line: no file was looked at/);
    assert.equal((await verdictOf(test, { test: covering('no-file') })).status, 'passed');
  });
});

describe('compared with the base branch', () => {
  const base = async (test: TestContext, left: Partial<Record<StageName, Left>>) =>
    readBase('base.sarif', Buffer.from(sarif(await verdictOf(test, left))));
  const known = { lint: lint('errors') };
  const onlyNew = policy('block: new');

  it('only what is new blocks, where the policy says so; what is known is counted and shown', async (test) => {
    const verdict = await verdictOf(test, known, { policy: onlyNew, base: await base(test, known) });
    assert.equal(verdict.status, 'passed');
    assert.equal(stage(verdict, 'lint').reason, '4 findings · 4 known · 2 files');
    assert.deepEqual(verdict.findings, { high: 3, low: 1 });
    assert.deepEqual(
      stage(verdict, 'lint').findings.map((one) => one.baseline),
      ['known', 'known', 'known', 'known'],
    );
    const { new: fresh, known: old, fixed, block } = verdict.baseline!;
    assert.deepEqual([fresh, old, fixed, block], [0, 4, [], 'new']);
  });

  it('what is new blocks, and stands first', async (test) => {
    const before = await base(test, known);
    before.known.delete([...before.known.keys()].at(-1)!);
    before.known.delete([...before.known.keys()].at(-1)!);
    const verdict = await verdictOf(test, known, { policy: onlyNew, base: before });
    assert.equal(verdict.status, 'failed');
    const { findings, reason } = stage(verdict, 'lint');
    assert.equal(findings[0]!.baseline, 'new');
    assert.match(reason, /^1 finding: .* · 2 known$/);
  });

  it('everything blocks without a base, and with one where the policy does not say otherwise', async (test) => {
    assert.equal((await verdictOf(test, known, { policy: onlyNew })).status, 'failed');
    const marked = await verdictOf(test, known, { base: await base(test, known) });
    assert.equal(marked.status, 'failed');
    assert.equal(marked.baseline!.known, 4);
  });

  it('can never publish where only what is new blocks', async (test) => {
    const before = await base(test, {});
    assert.equal((await verdictOf(test, {}, { policy: onlyNew, base: before })).preview, true);
    assert.equal((await verdictOf(test, {}, { base: before })).preview, false);
    assert.equal((await verdictOf(test, {}, { policy: onlyNew })).preview, false);
  });

  it('a failing test, a type error and what was silenced block although the base has them', async (test) => {
    const silenced = { ...lint('suppressed', 0) };
    for (const left of [{ test: failingTest }, { lint: silenced }] as Partial<Record<StageName, Left>>[]) {
      const verdict = await verdictOf(test, left, { policy: onlyNew, base: await base(test, left) });
      assert.equal(verdict.status, 'failed');
      assert.equal(verdict.baseline!.new, 0);
    }
  });

  it('only a stage that looked shows that something is fixed', async (test) => {
    const before = await base(test, known);
    const clean = await verdictOf(test, {}, { base: before });
    assert.equal(clean.baseline!.fixed.length, 4);
    const broken = await verdictOf(test, { lint: saying('lint', { broken: 'gone' }) }, { base: before });
    assert.deepEqual(broken.baseline!.fixed, []);
  });
});
