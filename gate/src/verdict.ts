/** Makes one verdict of all stages. Green needs every stage's evidence; a doubt anywhere is enough against it. */
import type { Base } from './baseline.ts';
import type { StageEvidence } from './evidence.ts';
import { type JudgedStage, judgeStage, type Law } from './judge-stage.ts';
import type {
  BaselineComparison,
  BlockPolicy,
  JudgedFinding,
  RunnerName,
  StageName,
  StageResult,
  Verdict,
  VerdictStatus,
  WaivedFinding,
} from './model.ts';
import type { Policy, Waiver } from './policy.ts';
import { mergeSameAdvisories } from './same-advisory.ts';
import { compare, countBySeverity } from './severity.ts';
import type { StageDefinition } from './stages/stage.ts';
import { waiverWarnings } from './waive.ts';

export interface Case {
  /** The stages to judge, in the order of the renderings. */
  stages: { definition: StageDefinition; evidence: StageEvidence }[];
  policy: Policy;
  subject: Verdict['subject'];
  runner: RunnerName;
  /** Count a stage that was not run as broken in a preview too. Default: false. */
  strict?: boolean;
  /** The findings of the base branch. */
  base?: Base;
  /** Set where only some of the stages are judged. */
  only?: StageName[];
  /** SHA-256 of the table of images, hex. */
  images?: string;
  /** YYYY-MM-DD: the day on which waivers hold or not. */
  day: string;
  finishedAt: Date;
}

/** Decides. The same case always gives the same verdict, in whatever order findings and waivers come. */
export function decide(of: Case): Verdict {
  const { policy, runner, day, only, base } = of;
  const { block, waivers } = policy;
  const judged = of.stages.map(({ definition, evidence }) =>
    judgeStage(definition, evidence, {
      policy: policy.stages[definition.name],
      ...{ waivers, day, block, at: of.finishedAt, ...builtImage(of) },
      ...(base && { base }),
    }),
  );
  const results = shownOnce(judged.map(({ result }) => result));
  const left = results.flatMap(({ findings }) => findings);
  const imageDigest = of.subject.imageDigest ?? judged.find((one) => one.imageDigest !== undefined)?.imageDigest;
  return {
    schema: 'verdict/v1',
    status: overall(results, runner, of.strict ?? false),
    runner,
    preview: runner === 'host' || only !== undefined || (base !== undefined && block === 'new'),
    ...(only && { only }),
    subject: { ...of.subject, ...(imageDigest !== undefined && { imageDigest }) },
    stages: results,
    findings: countBySeverity(left),
    waived: waivedOnce(judged.flatMap(({ waived }) => waived)),
    ...(base && { baseline: compareWith(base, block, judged, left) }),
    warnings: warnings(of, judged),
    policy: policy.sha256,
    ...(of.images !== undefined && { images: of.images }),
    finishedAt: of.finishedAt.toISOString(),
  };
}

/** An advisory that two stages reported is left under one of them. What each stage found decided its status before. */
function shownOnce(results: StageResult[]): StageResult[] {
  // Most findings are about no package, and there may be very many of them.
  if (results.filter(({ findings }) => findings.some((one) => one.package)).length < 2) return results;
  const all = results.flatMap(({ stage, findings }) => findings.map((finding) => ({ stage, finding })));
  const shown = mergeSameAdvisories(all);
  if (shown.length === all.length) return results;
  const byStage = Map.groupBy(shown, ({ stage }) => stage);
  return results.map((result) => ({
    ...result,
    findings: (byStage.get(result.stage) ?? []).map(({ finding }) => finding),
  }));
}

/** The same for what waivers excuse, where it is the same waiver. */
function waivedOnce(waived: WaivedFinding[]): WaivedFinding[] {
  const byWaiver = Map.groupBy(waived, ({ waiver, owner, reason, expires }) =>
    JSON.stringify([waiver, owner, reason, expires]),
  );
  const shown = [...byWaiver.values()].flatMap((group) => mergeSameAdvisories(group));
  const byMark = new Map(shown.map((one) => [one.finding.fingerprint, one]));
  return waived.flatMap(({ finding }) => byMark.get(finding.fingerprint) ?? []);
}

/** Only a stage that looked can show that something is fixed. */
function compareWith(base: Base, block: BlockPolicy, judged: JudgedStage[], left: JudgedFinding[]): BaselineComparison {
  const looked = judged.filter(({ result: { status } }) => status === 'passed' || status === 'failed');
  const stages = new Set(looked.map(({ result }) => result.stage));
  const found = new Set(
    looked.flatMap(({ result, waived }) =>
      [...result.findings, ...waived.map(({ finding }) => finding)].map(({ fingerprint }) => fingerprint),
    ),
  );
  return {
    sha256: base.sha256,
    block,
    new: left.filter(({ baseline }) => baseline === 'new').length,
    known: left.filter(({ baseline }) => baseline === 'known').length,
    fixed: [...base.known].filter(([mark, { stage }]) => stages.has(stage) && !found.has(mark)).map(([, one]) => one),
    leftOut: base.leftOut,
  };
}

/** The image of the stage build, where that is judged: the one that other stages must have looked at. */
function builtImage({ stages }: Case): Pick<Law, 'built'> {
  const build = stages.find(({ definition }) => definition.name === 'build');
  if (!build) return {};
  const readings = build.evidence.reports.flatMap((one) => ('reading' in one ? [one.reading] : []));
  const digest = readings.find((one) => one.builtImage)?.builtImage?.digest;
  return { built: digest === undefined ? {} : { digest } };
}

/** Failed beats broken: a finding is certain, whatever else could not be looked at. */
function overall(results: StageResult[], runner: RunnerName, strict: boolean): VerdictStatus {
  if (results.some(({ status }) => status === 'failed')) return 'failed';
  // A bare machine can't run what needs a container: that says nothing about the project.
  const notRunCounts = runner === 'dagger' || strict;
  const doubts = results.some(
    ({ status, required }) =>
      status === 'broken' || (required && (status === 'absent' || (status === 'not run' && notRunCounts))),
  );
  // Where nothing ran, nothing was found: that is no reason to be green.
  return doubts || !results.some(({ status }) => status === 'passed') ? 'broken' : 'passed';
}

function warnings({ policy, day, stages, only, base }: Case, judged: JudgedStage[]): string[] {
  const matched = new Set<Waiver>(judged.flatMap((one) => [...one.matched]));
  const fixed = stages.filter(({ definition }) => !definition.waivable).map(({ definition }) => definition.name);
  const ineffective = policy.waivers.filter(({ stage }) => stage !== undefined && fixed.includes(stage));
  const lookedAt = (name: StageName) =>
    judged.some(({ result }) => result.stage === name && (result.status === 'passed' || result.status === 'failed'));
  const waivable = stages.map(({ definition }) => definition.name).filter((name) => !fixed.includes(name));
  const allLookedAt = only === undefined && waivable.every(lookedAt);
  return [
    ...(policy.file === undefined ? ['no sluice.yaml: the defaults decide'] : []),
    ...(base && base.leftOut > 0
      ? [`the base leaves out ${base.leftOut} findings for its size: what looks new may be known`]
      : []),
    ...judged.flatMap((one) => one.warnings),
    ...ineffective
      .map(({ id, stage, owner }) => `waiver ${id} (${owner}) has no effect: what ${stage} finds can't be waived`)
      .sort(compare),
    ...waiverWarnings(
      policy.waivers.filter((waiver) => !ineffective.includes(waiver)),
      matched,
      (stage) => (stage === undefined ? allLookedAt : lookedAt(stage)),
      day,
    ),
  ];
}
