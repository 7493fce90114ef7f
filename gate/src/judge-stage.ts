/** Gives one stage its status. Whatever leaves a doubt whether the tool looked is `broken`; only then do findings count. */
import { coverageShortfalls } from './coverage.ts';
import type { StageEvidence } from './evidence.ts';
import { type Base, marked } from './baseline.ts';
import type {
  BlockPolicy,
  Evidence,
  Finding,
  JudgedFinding,
  Reading,
  StageRecord,
  StageResult,
  StageStatus,
  WaivedFinding,
} from './model.ts';
import type { StagePolicy, Waiver } from './policy.ts';
import { ageOf, notTheImage, tooOld } from './provenance.ts';
import { failedReason, passedReason } from './reason.ts';
import { countBySeverity, inOrder, rank } from './severity.ts';
import type { StageDefinition } from './stages/stage.ts';
import { waive } from './waive.ts';

export interface JudgedStage {
  result: StageResult;
  waived: WaivedFinding[];
  matched: Set<Waiver>;
  warnings: string[];
  /** The image that the stage built. */
  imageDigest?: string;
}

/** The tool's clock and ours may differ by so much before a report counts as an older run's. */
const clockToleranceMs = 60_000;

/** What a stage is judged by. */
export interface Law {
  policy: StagePolicy;
  waivers: Waiver[];
  /** YYYY-MM-DD: the day on which waivers hold or not. */
  day: string;
  /** The findings of the base branch, where they are given. */
  base?: Base;
  /** What blocks where they are. */
  block: BlockPolicy;
  /** The moment of the verdict. */
  at: Date;
  /** What the stage build left, where it is judged too: the digest of its image, or none. */
  built?: { digest?: string };
}

/** Judges what a stage left. */
export function judgeStage(stage: StageDefinition, evidence: StageEvidence, law: Law): JudgedStage {
  const { policy, waivers, day } = law;
  const { record } = evidence;
  const readings = evidence.reports.flatMap((one) => ('reading' in one ? [one.reading] : []));
  const found = marked(
    stage.name,
    inOrder([...distinct(readings), ...readings.flatMap((one) => coverageShortfalls(one, policy))]),
    law.base,
  );
  const looked = [...addedUp(readings), ...ageOf(record, law.at)];
  const { left, waived, matched, lapsed } = waive(stage.name, found, stage.waivable ? waivers : [], day);
  const mayPass = (finding: JudgedFinding) => stage.waivable && isOfTheBase(finding, law);
  const [blocking, others] = split(left, (finding) => blocks(finding, policy) && !mayPass(finding));
  const known = others.filter(({ baseline }) => baseline === 'known').length;
  const operations = readings.find((reading) => reading.operations)?.operations;
  const imageDigest = readings.find(({ builtImage }) => builtImage)?.builtImage?.digest;

  const judged = (status: StageStatus, reason: string): JudgedStage => ({
    result: {
      stage: stage.name,
      status,
      reason: oneLine(reason),
      counts: countBySeverity(left),
      evidence: looked,
      // What blocks comes first: renderings that cut the list must not cut that.
      findings: [...blocking, ...others],
      ...(operations && { operations }),
      required: policy.required,
      ...(record && {
        tool: record.tool,
        version: record.version,
        image: record.image,
        startedAt: record.startedAt,
        durationMs: record.durationMs,
      }),
    },
    waived,
    matched,
    warnings: [
      ...(status === 'passed' ? toolWarnings(stage, record, left) : []),
      ...(status === 'passed' || status === 'failed' ? (stage.remarks?.(readings, policy) ?? []) : []),
    ],
    ...(imageDigest !== undefined && { imageDigest }),
  });

  if (!record) return judged('broken', evidence.problem ?? 'no stage.json');
  if (record.absent !== undefined) return judged('absent', record.absent);
  if (record.notRun !== undefined) return judged('not run', record.notRun);
  const doubt = whyBroken(stage, record, evidence, readings, law);
  if (doubt !== undefined) return judged('broken', doubt);
  if (blocking.length > 0) return judged('failed', failedReason(blocking, known, looked, lapsed));
  return judged('passed', passedReason(left, known, waived.length, looked, imageDigest));
}

/** Why the evidence can't be trusted, the most telling reason first. */
function whyBroken(
  stage: StageDefinition,
  record: StageRecord,
  evidence: StageEvidence,
  readings: Reading[],
  { policy, at, built }: Law,
): string | undefined {
  if (record.broken !== undefined) return record.broken;
  if (record.timedOut) return `stopped after ${policy.timeout} s (stages.${stage.name}.timeout)${lastWords(record)}`;
  if (record.signal !== undefined) return `${record.tool} was ended by ${record.signal}${lastWords(record)}`;
  if (record.exitCode === null) return `${record.tool} never ran`;
  if (![...stage.exit.clean, ...stage.exit.findings].includes(record.exitCode)) {
    return `${record.tool} ended with exit code ${record.exitCode}${lastWords(record)}`;
  }
  for (const report of evidence.reports) {
    if ('problem' in report) return `${report.problem}${lastWords(record)}`;
  }
  for (const reading of readings) {
    if (reading.broken !== undefined) return reading.broken;
    if (isOlder(reading, record)) return `the report is of an older run: it began at ${reading.startedAt}`;
    if (lookedAtNothing(reading.evidence)) return `${stage.lookedAtNothing}${firstFinding(inOrder(reading.findings))}`;
    const uncounted = stage.mustCount?.find(
      (kind) => !reading.evidence.some((one) => one.kind === kind && one.count > 0),
    );
    if (uncounted !== undefined) return `looked without ${uncounted}: the report counts none`;
  }
  const foreign = notTheImage(stage, record, readings, built);
  if (foreign !== undefined) return foreign;
  const old = stage.ofDatabase ? tooOld(stage, record, policy, at) : undefined;
  if (old !== undefined) return old;
  const unseen = notLookedAt(readings);
  if (unseen.length > 0) {
    return `${record.tool} did not look at ${unseen[0]}${unseen.length > 1 ? ` and ${unseen.length - 1} more` : ''}`;
  }
  if (readings.length === 0) return `${stage.lookedAtNothing}: it left no report`;
  if (stage.exit.findings.includes(record.exitCode) && readings.every(({ findings }) => findings.length === 0)) {
    return `${record.tool} ended with exit code ${record.exitCode}, but its report shows nothing that it found${lastWords(record)}`;
  }
  return stage.distrust?.(readings, policy);
}

/** What several reports of a stage say alike (the same package on two platforms) is one finding. */
function distinct(readings: Reading[]): Finding[] {
  // Most stages leave one report, and there may be half a million findings in it.
  if (readings.length === 1) return readings[0]!.findings;
  const seen = new Set<string>();
  return readings.flatMap(({ findings }) => {
    const added = findings.filter((one) => !seen.has(JSON.stringify(one)));
    // Only now: what one report says twice, it means twice.
    for (const one of added) seen.add(JSON.stringify(one));
    return added;
  });
}

/** What several reports counted, each kind once. */
function addedUp(readings: Reading[]): Evidence[] {
  const counts = new Map<string, number>();
  for (const { kind, count } of readings.flatMap(({ evidence }) => evidence)) {
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

function lookedAtNothing([first]: Evidence[]): boolean {
  return first === undefined || !(first.count > 0);
}

/** What one report says is there to be looked at, and none was. */
function notLookedAt(readings: Reading[]): string[] {
  const seen = new Set(readings.flatMap(({ lookedAt = [] }) => lookedAt));
  return readings.flatMap(({ mustLookAt = [] }) => mustLookAt).filter((path) => !seen.has(path));
}

function isOlder(reading: Reading, record: StageRecord): boolean {
  if (reading.startedAt === undefined) return false;
  return Date.parse(reading.startedAt) < Date.parse(record.startedAt) - clockToleranceMs;
}

/** A finding blocks from the threshold on; without one, always. What a tool was told to overlook by its own means blocks whatever it is. */
function blocks(finding: Finding, { threshold }: StagePolicy): boolean {
  return threshold === undefined || finding.suppressed === true || rank(finding.severity) <= rank(threshold);
}

/** Known to the base where only what is new blocks. What a tool was told to overlook has no excuse but the ledger. */
function isOfTheBase({ baseline, suppressed }: JudgedFinding, { block }: Law): boolean {
  return block === 'new' && baseline === 'known' && !suppressed;
}

/** The policy decides, not the tool: but where the project's own script says no, a person should know. */
function toolWarnings(stage: StageDefinition, record: StageRecord | undefined, left: Finding[]): string[] {
  if (!record || left.length === 0 || !stage.exit.findings.includes(record.exitCode ?? -1)) return [];
  return [
    `${stage.name}: ${record.tool} itself blocks on what is below the policy's threshold (exit code ${record.exitCode})`,
  ];
}

function firstFinding([first]: Finding[]): string {
  return first ? `: ${first.rule}: ${first.message}` : '';
}

function lastWords({ lastWords: words }: StageRecord): string {
  return words ? `: ${words.trim().split('\n').at(-1)}` : '';
}

function split<Item>(items: Item[], belongsFirst: (item: Item) => boolean): [Item[], Item[]] {
  const [first, second]: [Item[], Item[]] = [[], []];
  for (const item of items) (belongsFirst(item) ? first : second).push(item);
  return [first, second];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
