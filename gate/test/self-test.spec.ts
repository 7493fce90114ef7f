/** The self-test of the gates that a bare machine can run, and that it notices a gate that does not bite. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conclude } from '../src/commands/self-test.ts';
import { stageNames } from '../src/model.ts';
import { fixtures, type Row, rows, rowsOf } from '../src/self-test/rows.ts';
import { runRows } from '../src/self-test/run.ts';
import { stages } from '../src/stages/index.ts';
import type { Plan, StageDefinition } from '../src/stages/stage.ts';
import { sample, sluice } from './sample.ts';

const options = { day: '2026-11-22', signal: new AbortController().signal };
const lint = stages.find(({ name }) => name === 'lint')!;
const ofLint = rows.filter(({ stage }) => stage === 'lint');
/** The fixtures on which a gate does not do what it should. */
const complaints = async (gate: StageDefinition, of: readonly Row[] = ofLint) =>
  (await runRows(of, [gate], options)).filter(({ complaint }) => complaint).map(({ row }) => row.fixture);
/** The gate with another way to run its tool. */
const running = (change: (plan: Plan) => Plan): StageDefinition => ({
  ...lint,
  plan: (...given) => {
    const plan = lint.plan(...given);
    return 'command' in plan ? change(plan) : plan;
  },
});

describe('the self-test', () => {
  it('has a bad, a good and a sabotaged project for every stage and each runner of it', () => {
    for (const runner of ['host', 'dagger'] as const) {
      for (const { name, host } of stages) {
        // Bare machines leave deps to the registry, and may be without Trivy.
        if (runner === 'host' && (!host || ['deps', 'secrets', 'config'].includes(name))) continue;
        assert.deepEqual(
          rowsOf(runner, [name])
            .map(({ fixture }) => fixture)
            .sort(),
          [...fixtures].sort(),
          `${name} ${runner}`,
        );
      }
    }
    assert.ok(rows.every(({ stage }) => stageNames.includes(stage)));
    for (const { stage, fixture, rule, reason } of rows) {
      assert.ok(reason ?? rule, `${stage} ${fixture} says not what the right reason is`);
    }
  });

  it('passes with the gates as they are', async (test) => {
    const { code, stdout } = await sluice(sample(test), ['self-test']);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^self-test passed: (\d+) of \1 as expected$/m);
  });

  it('notices a gate that looks at nothing, that finds nothing, and that takes silence for a pass', async () => {
    const elsewhere = running((plan) => ({
      ...plan,
      command: [...plan.command, 'eslint.config.js'].filter((one) => one !== '.'),
    }));
    assert.deepEqual(await complaints({ ...elsewhere, reports: [] }), ['bad', 'good', 'sabotaged']);
    const lenient = running((plan) => ({ ...plan, command: [...plan.command, '--rule', '{"no-unused-vars":"off"}'] }));
    assert.deepEqual(await complaints(lenient), ['bad']);
    const forging = running((plan) => ({
      ...plan,
      command: [
        'sh',
        '-c',
        `printf '[{"filePath":"a","messages":[],"errorCount":0,"warningCount":0}]' > "$1"`,
        'sh',
        plan.command.at(-1)!,
      ],
    }));
    assert.deepEqual(await complaints(forging), ['bad', 'good', 'sabotaged']);
    const crashing = running((plan) => ({ ...plan, command: ['false'] }));
    assert.deepEqual(await complaints(crashing), ['bad', 'good']);
  });

  it('wants the right reason, not any', async () => {
    const [bad] = ofLint as [Row];
    assert.deepEqual(await complaints(lint, [{ ...bad, rule: 'no-eval' }]), ['bad']);
    assert.deepEqual(await complaints(lint, [{ ...bad, reason: 'src/other' }]), ['bad']);
  });

  it('fails for a stage that has no projects', (test) => {
    const printed: string[] = [];
    test.mock.method(process.stdout, 'write', (text: string) => printed.push(text) > 0);
    const code = conclude([lint], []);
    test.mock.restoreAll();
    assert.equal(code, 1);
    assert.match(printed.join(''), /lint +sabotaged .*NOT SHOWN[^]*self-test failed: 3 of 3/);
  });
});
