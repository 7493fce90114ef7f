/** The words that all renderings share. */
import type { JudgedFinding, StageName, StageResult, Verdict } from '../model.ts';
import { otherSightings, plural } from '../reason.ts';

/** The revision as people know it: 3f2a9c1d, 3f2a9c1d-dirty. */
export function shortRevision(revision: string): string {
  return revision.replace(/^([0-9a-f]{8})[0-9a-f]{32}/, '$1');
}

/** "1 of 4 stages failed, 1 broken": what stands behind the verdict. */
export function tally({ stages }: Verdict): string {
  const count = (status: StageResult['status']) => stages.filter((stage) => stage.status === status).length;
  const bad = (['failed', 'broken', 'absent', 'not run'] as const).filter((status) => count(status) > 0);
  const all = plural(stages.length, 'stages');
  if (bad.length === 0) return stages.length === 1 ? '1 stage passed' : `all ${all} passed`;
  return bad
    .map((status, i) => (i === 0 ? `${count(status)} of ${all} ${status}` : `${count(status)} ${status}`))
    .join(', ');
}

/** Why the verdict can't publish; undefined where it can. */
export function previewReason({ preview, runner, only, baseline }: Verdict): string | undefined {
  if (!preview) return undefined;
  const parts = [
    ...(runner === 'host' ? ['made on a bare machine'] : []),
    ...(only ? [`only ${only.join(', ')} judged`] : []),
    ...(baseline?.block === 'new' ? ['only what is new against the base blocks'] : []),
  ];
  return `preview, it can't publish: ${parts.join(', ')}`;
}

/** "compared with the base: 1 new, 12 known, 3 fixed"; undefined where nothing was compared. */
export function comparison({ baseline }: Verdict): string | undefined {
  if (!baseline) return undefined;
  return `compared with the base: ${baseline.new} new, ${baseline.known} known, ${baseline.fixed.length} fixed`;
}

/** The findings behind the stages that are not green, each under the stage that shows it; one by one, for there may be very many. */
export function* findingsBehind({ stages }: Verdict): Generator<{ stage: StageName; finding: JudgedFinding }> {
  const bad = new Set(
    stages.filter(({ status }) => status === 'failed' || status === 'broken').map(({ stage }) => stage),
  );
  for (const { stage, findings } of stages) {
    for (const finding of findings) {
      if (bad.has(stage) || finding.alsoFoundBy?.some((one) => bad.has(one.stage))) yield { stage, finding };
    }
  }
}

/** What a person should know of a finding beside what the tool says. */
export function remarks(finding: JudgedFinding): string[] {
  const others = otherSightings(finding);
  return [
    ...(finding.baseline ? [finding.baseline] : []),
    ...(finding.suppressed ? ['silenced outside the ledger'] : []),
    ...(others ? [others] : []),
  ];
}

/** The stages that did not run, each with the reason. */
export function didNotRun({ stages }: Verdict): StageResult[] {
  return stages.filter(({ status }) => status === 'absent' || status === 'not run');
}

/** 850 ms → "0.9 s", 83 s → "1 min 23 s" */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
