/** Makes one verdict of all stages. Green needs every stage's evidence; a doubt anywhere is enough against it. */
import type { StageEvidence } from './evidence.ts';
import { type JudgedStage, judgeStage } from './judge-stage.ts';
import type { RunnerName, StageName, StageResult, Verdict, VerdictStatus } from './model.ts';
import type { Policy, Waiver } from './policy.ts';
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
  const { policy, runner, day, only } = of;
  const judged = of.stages.map(({ definition, evidence }) =>
    judgeStage(definition, evidence, policy.stages[definition.name], policy.waivers, day),
  );
  const results = judged.map(({ result }) => result);
  const imageDigest = of.subject.imageDigest ?? judged.find((one) => one.imageDigest !== undefined)?.imageDigest;
  return {
    schema: 'verdict/v1',
    status: overall(results, runner, of.strict ?? false),
    runner,
    preview: runner === 'host' || only !== undefined,
    ...(only && { only }),
    subject: { ...of.subject, ...(imageDigest !== undefined && { imageDigest }) },
    stages: results,
    findings: countBySeverity(results.flatMap(({ findings }) => findings)),
    waived: judged.flatMap(({ waived }) => waived),
    warnings: warnings(of, judged),
    policy: policy.sha256,
    ...(of.images !== undefined && { images: of.images }),
    finishedAt: of.finishedAt.toISOString(),
  };
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

function warnings({ policy, day, stages, only }: Case, judged: JudgedStage[]): string[] {
  const matched = new Set<Waiver>(judged.flatMap((one) => [...one.matched]));
  const fixed = stages.filter(({ definition }) => !definition.waivable).map(({ definition }) => definition.name);
  const ineffective = policy.waivers.filter(({ stage }) => stage !== undefined && fixed.includes(stage));
  const lookedAt = (name: StageName) =>
    judged.some(({ result }) => result.stage === name && (result.status === 'passed' || result.status === 'failed'));
  const waivable = stages.map(({ definition }) => definition.name).filter((name) => !fixed.includes(name));
  const allLookedAt = only === undefined && waivable.every(lookedAt);
  return [
    ...(policy.file === undefined ? ['no sluice.yaml: the defaults decide'] : []),
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
