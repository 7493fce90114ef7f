/** What must hold of every verdict, tried on many random cases. A failing case names its seed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDays } from '../src/dates.ts';
import type { StageEvidence } from '../src/evidence.ts';
import { type Finding, type Reading, severities, type StageName, type Verdict } from '../src/model.ts';
import { defaultPolicy, type Policy, type Waiver } from '../src/policy.ts';
import { stages } from '../src/stages/index.ts';
import { type Case, decide } from '../src/verdict.ts';

const tries = 800;
const day = '2026-11-22';
const defaults = defaultPolicy();

/** A source of random choices that a seed repeats (mulberry32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.number() * limit);
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  chance(share: number): boolean {
    return this.number() < share;
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0]!);
  }
}

const rules = ['no-eval', 'no-debugger', 'CVE-1', 'TS2322'];
const paths = ['src/a.ts', 'src/b/c.ts', 'lib/d.ts'];

function finding(random: Random): Finding {
  return {
    tool: 'tool',
    rule: random.one(rules),
    severity: random.one(severities),
    message: random.one(['m', 'n']),
    ...(random.chance(0.8) && { location: { path: random.one(paths), line: 1 + random.below(3) } }),
    ...(random.chance(0.3) && {
      package: { name: random.one(['p', 'q']), version: '1', ...(random.chance(0.5) && { fixedIn: '2' }) },
    }),
    ...(random.chance(0.1) && { suppressed: true }),
  };
}

function waiver(random: Random): Waiver {
  return {
    id: random.one(rules),
    ...(random.chance(0.3) && { stage: random.one(stages).name }),
    ...(random.chance(0.2) && { package: random.one(['p', 'q']) }),
    ...(random.chance(0.3) && { path: random.one([...paths, 'src/', 'nowhere/']) }),
    owner: random.one(['ann', 'ben']),
    reason: random.one(['r', 's']),
    expires: addDays(day, random.below(40) - 10),
    ...(random.chance(0.3) && { until: 'fixed' }),
  };
}

function evidence(random: Random, stage: StageName): StageEvidence {
  const { exit } = stages.find(({ name }) => name === stage)!;
  const findings = random.chance(0.65) ? [] : random.many(5, () => finding(random));
  const reading: Reading = {
    format: 'f',
    tool: 'tool',
    findings,
    evidence: [
      { kind: 'files', count: random.chance(0.05) ? 0 : 5 },
      { kind: 'rules', count: random.chance(0.02) ? 0 : 5 },
    ],
    ...(random.chance(0.05) && { broken: 'torn' }),
  };
  const looksClean = findings.length === 0 || random.chance(0.2);
  return {
    record: {
      stage,
      tool: 'tool',
      version: '1',
      image: 'host',
      command: [],
      startedAt: `${day}T00:00:00Z`,
      durationMs: 1,
      exitCode: random.chance(0.05) ? 70 : looksClean ? exit.clean[0]! : exit.findings[0]!,
      reports: [],
      ...(random.chance(0.05) && { absent: 'no script' }),
      ...(random.chance(0.05) && { notRun: 'no container' }),
    },
    reports: random.chance(0.03) ? [{ problem: 'no report' }] : [{ reading }],
  };
}

function randomCase(random: Random): Case {
  const policy: Policy = {
    ...defaults,
    file: 'sluice.yaml',
    stages: {
      ...defaults.stages,
      lint: {
        ...defaults.stages.lint,
        threshold: random.one(['critical', 'high', 'medium', 'low', 'info']),
        required: random.chance(0.7),
      },
    },
    waivers: random.many(4, () => waiver(random)),
  };
  return {
    stages: stages.map((definition) => ({ definition, evidence: evidence(random, definition.name) })),
    policy,
    subject: { name: 'n', revision: 'r' },
    runner: random.one(['host', 'dagger']),
    strict: random.chance(0.3),
    day,
    finishedAt: new Date(`${day}T12:00:00Z`),
  };
}

/** The case with the findings of a stage changed. */
function withFindings(of: Case, stage: StageName, change: (findings: Finding[]) => Finding[]): Case {
  return {
    ...of,
    stages: of.stages.map((one) =>
      one.definition.name === stage
        ? {
            ...one,
            evidence: {
              ...one.evidence,
              reports: one.evidence.reports.map((report) =>
                'reading' in report
                  ? { reading: { ...report.reading, findings: change(report.reading.findings) } }
                  : report,
              ),
            },
          }
        : one,
    ),
  };
}

function shuffle(random: Random, of: Case): Case {
  const shuffled = stages.reduce(
    (all, { name }) => withFindings(all, name, (findings) => random.shuffled(findings)),
    of,
  );
  return { ...shuffled, policy: { ...of.policy, waivers: random.shuffled(of.policy.waivers) } };
}

/** Runs a check on many cases; gives how often each verdict came up, so that a test can tell that it tried all of them. */
function forAll(check: (random: Random, of: Case, verdict: Verdict) => void): Record<string, number> {
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= tries; seed += 1) {
    const random = new Random(seed);
    const of = randomCase(random);
    const verdict = decide(of);
    seen[verdict.status] = (seen[verdict.status] ?? 0) + 1;
    try {
      check(random, of, verdict);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  for (const status of ['passed', 'failed', 'broken'])
    assert.ok((seen[status] ?? 0) > tries / 50, `too few ${status} cases`);
  return seen;
}

const key = (stage: string, one: Finding) => `${stage} ${JSON.stringify(one)}`;
const found = (verdict: Verdict) =>
  verdict.stages.flatMap(({ stage, findings }) => findings.map((one) => key(stage, one))).sort();

describe('every verdict', () => {
  it('is the same in whatever order findings and waivers come', () => {
    forAll((random, of, verdict) => assert.deepEqual(decide(shuffle(random, of)), verdict));
  });

  it('is the same in whatever order the stages come', () => {
    forAll((random, of, verdict) => {
      const other = decide({ ...of, stages: random.shuffled(of.stages) });
      assert.equal(other.status, verdict.status);
      assert.deepEqual(found(other), found(verdict));
      assert.deepEqual([...other.warnings].sort(), [...verdict.warnings].sort());
    });
  });

  it('that is failed stays failed with one more finding', () => {
    let tried = 0;
    forAll((random, of, verdict) => {
      if (verdict.status !== 'failed') return;
      tried += 1;
      const more = finding(random);
      const { status } = decide(withFindings(of, random.one(stages).name, (findings) => [...findings, more]));
      assert.equal(status, 'failed');
    });
    assert.ok(tried > tries / 10);
  });

  it('has no finding more for one more waiver, and stays passed if it was', () => {
    forAll((random, of, verdict) => {
      const policy = { ...of.policy, waivers: [...of.policy.waivers, waiver(random)] };
      const after = decide({ ...of, policy });
      const before = new Set(found(verdict));
      for (const one of found(after)) assert.ok(before.has(one), one);
      if (verdict.status === 'passed') assert.equal(after.status, 'passed');
    });
  });

  it('loses no finding: what is not left is waived', () => {
    forAll((_random, of, verdict) => {
      for (const { definition, evidence: one } of of.stages) {
        const all = one.reports.flatMap((report) => ('reading' in report ? report.reading.findings : []));
        const left = verdict.stages.find(({ stage }) => stage === definition.name)!.findings;
        const waived = verdict.waived.filter(({ stage }) => stage === definition.name).map((w) => w.finding);
        assert.deepEqual([...left, ...waived].map((f) => key('', f)).sort(), all.map((f) => key('', f)).sort());
        if (!definition.waivable) assert.deepEqual(waived, []);
      }
    });
  });

  it('that is passed rests on stages that passed, and on nothing that failed or is broken', () => {
    forAll((_random, of, verdict) => {
      if (verdict.status !== 'passed') return;
      const statuses = verdict.stages.map(({ status }) => status);
      assert.ok(statuses.includes('passed'));
      assert.ok(!statuses.includes('failed') && !statuses.includes('broken'));
      for (const { status, required } of verdict.stages) {
        if (required) assert.notEqual(status, 'absent');
        if (required && (of.runner === 'dagger' || of.strict)) assert.notEqual(status, 'not run');
      }
    });
  });
});
