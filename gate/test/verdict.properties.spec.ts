/** What must hold of every verdict, tried on many random cases. A failing case names its seed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Base, marked } from '../src/baseline.ts';
import { addDays } from '../src/dates.ts';
import type { StageEvidence } from '../src/evidence.ts';
import {
  type Finding,
  type FixedFinding,
  type JudgedFinding,
  type Reading,
  severities,
  type Sighting,
  type StageName,
  type Verdict,
} from '../src/model.ts';
import { inOrder } from '../src/severity.ts';
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

const rules = ['no-eval', 'no-debugger', 'CVE-2099-1', 'GHSA-aaaa-bbbb-cccc', 'TS2322'];
const paths = ['src/a.ts', 'src/b/c.ts', 'lib/d.ts'];

function finding(random: Random): Finding {
  return {
    tool: random.one(['tool', 'other']),
    rule: random.one(rules),
    ...(random.chance(0.2) && { aliases: [random.one(rules)] }),
    severity: random.one(severities),
    message: random.one(['m', 'n']),
    ...(random.chance(0.8) && { location: { path: random.one(paths), line: 1 + random.below(3) } }),
    ...(random.chance(0.5) && {
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

/** What a stage left. In a calm case no tool is at fault, so that verdicts pass however many stages there are. */
function evidence(random: Random, stage: StageName, calm: boolean): StageEvidence {
  const fault = (share: number) => !calm && random.chance(share);
  const { exit, mustCount = [], ofImage, ofDatabase } = stages.find(({ name }) => name === stage)!;
  const findings = random.chance(calm ? 0.9 : 0.65) ? [] : random.many(5, () => finding(random));
  const reading: Reading = {
    format: 'f',
    tool: 'tool',
    findings,
    evidence: [
      { kind: 'files', count: fault(0.05) ? 0 : 5 },
      ...mustCount.map((kind) => ({ kind, count: fault(0.02) ? 0 : 5 })),
    ],
    ...(stage === 'dast' && { operations: [{ method: 'GET', path: '/', requests: 1, best: fault(0.05) ? 404 : 200 }] }),
    ...(stage === 'build' && !fault(0.02) && { builtImage: { digest: 'd', platforms: ['p'] } }),
    ...(ofImage === 'reports' && !fault(0.02) && { scannedImage: { name: 'n', id: 'i', digests: [] } }),
    ...(fault(0.05) && { broken: 'torn' }),
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
      exitCode: fault(0.05) ? 70 : looksClean ? exit.clean[0]! : (exit.findings[0] ?? exit.clean[0]!),
      reports: [],
      ...(ofImage && { subject: { digest: 'd', images: [{ platform: 'p', digest: 'm', id: 'i' }] } }),
      ...(ofDatabase && { database: { updatedAt: `${day}T00:00:00Z` } }),
      ...(fault(0.05) && { absent: 'no script' }),
      ...(fault(0.05) && { notRun: 'no container' }),
    },
    reports: fault(0.03) ? [{ problem: 'no report' }] : [{ reading }],
  };
}

/** A base branch that has some of the findings, and some that are gone. */
function someBase(random: Random, of: Case): Base {
  const all = decide(of).stages.flatMap(({ stage, findings }) => findings.map((one) => ({ stage, ...one })));
  const entry = (stage: StageName, mark: string) =>
    [mark, { stage, tool: 'tool', rule: 'r', message: mark }] as [string, FixedFinding];
  return {
    sha256: 'b',
    known: new Map([
      ...all.filter(() => random.chance(0.5)).map(({ stage, fingerprint }) => entry(stage, fingerprint)),
      entry(random.one(stages).name, 'gone'),
    ]),
    leftOut: 0,
  };
}

function randomCase(random: Random): Case {
  const of = withoutBase(random);
  return random.chance(0.4) ? { ...of, base: someBase(random, of) } : of;
}

function withoutBase(random: Random): Case {
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
    block: random.one(['all', 'new']),
    waivers: random.many(4, () => waiver(random)),
  };
  const calm = random.chance(0.5);
  return {
    stages: stages.map((definition) => ({ definition, evidence: evidence(random, definition.name, calm) })),
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

/** Every report of a finding that the verdict shows, those that are shown under another stage included. */
const reports = (
  stage: StageName,
  { tool, rule, severity, fingerprint, alsoFoundBy = [] }: JudgedFinding,
): Sighting[] => [{ stage, tool, rule, severity, fingerprint }, ...alsoFoundBy];
const name = ({ stage, tool, rule, severity, fingerprint }: Sighting) =>
  [stage, tool, rule, severity, fingerprint].join(' ');
const found = (verdict: Verdict) =>
  verdict.stages.flatMap(({ stage, findings }) => findings.flatMap((one) => reports(stage, one).map(name))).sort();

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

  it('loses no finding and doubles none: what is not left is waived, and what is shown elsewhere is named there', () => {
    let merged = 0;
    forAll((_random, of, verdict) => {
      const waived = verdict.waived.flatMap(({ stage, finding: one }) => reports(stage, one));
      const left = verdict.stages.flatMap(({ stage, findings }) => findings.flatMap((one) => reports(stage, one)));
      const all = of.stages.flatMap(({ definition, evidence: { reports: of } }) =>
        marked(
          definition.name,
          inOrder(of.flatMap((report) => ('reading' in report ? report.reading.findings : []))),
        ).flatMap((one) => reports(definition.name, one)),
      );
      assert.deepEqual([...left, ...waived].map(name).sort(), all.map(name).sort());
      const fixed = stages.filter(({ waivable }) => !waivable).map((one) => one.name);
      assert.ok(waived.every(({ stage }) => !fixed.includes(stage)));
      merged += left.length - verdict.stages.reduce((sum, { findings }) => sum + findings.length, 0);
    });
    assert.ok(merged > 20, `${merged}`);
  });

  it('merges nothing but one advisory in one package and version, from different tools or stages', () => {
    forAll((_random, of, verdict) => {
      for (const { stage, findings } of verdict.stages) {
        for (const one of findings.filter(({ alsoFoundBy }) => alsoFoundBy)) {
          assert.ok(one.package);
          const sources = reports(stage, one).map((each) => `${each.stage} ${each.tool}`);
          assert.equal(new Set(sources).size, sources.length);
          for (const { rule } of reports(stage, one)) assert.match(rule, /^(CVE|GHSA)-|^no-|^TS/);
        }
      }
    });
  });

  it('has the same status and the same counts a stage, whatever is shown under another stage', () => {
    forAll((_random, of) => {
      const { base: _, ...rest } = of;
      const named: Case = { ...rest, policy: { ...of.policy, waivers: [] } };
      const anonymous = stages.reduce(
        (all, { name: stage }) =>
          withFindings(all, stage, (findings) =>
            findings.map(({ aliases: __, ...one }) => ({ ...one, rule: one.rule.replace(/^(CVE|GHSA)/, 'own-$1') })),
          ),
        named,
      );
      const statuses = (verdict: Verdict) => verdict.stages.map(({ status, counts }) => ({ status, counts }));
      assert.deepEqual(statuses(decide(anonymous)), statuses(decide(named)));
    });
  });

  it('that lets known findings be is no verdict to publish on, and is never kinder than its base', () => {
    let kinder = 0;
    forAll((_random, of, verdict) => {
      const { base, ...alone } = of;
      const strict = decide(alone);
      if (!base) return;
      if (of.policy.block === 'all') return assert.equal(verdict.status, strict.status);
      assert.equal(verdict.preview, true);
      if (strict.status === 'passed') assert.equal(verdict.status, 'passed');
      if (verdict.status === strict.status) return;
      kinder += 1;
      const blocking = strict.stages.filter(
        ({ status }, i) => status === 'failed' && verdict.stages[i]!.status !== status,
      );
      assert.ok(blocking.length > 0);
      for (const { stage, findings } of blocking) {
        assert.ok(stages.find((one) => one.name === stage)!.waivable);
        assert.ok(findings.some(({ fingerprint }) => base.known.has(fingerprint)));
      }
    });
    assert.ok(kinder > 2, `${kinder}`);
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
