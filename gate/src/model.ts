/** The words that every part of the gate shares: finding, evidence, stage record, stage result, verdict. */

/** Severities from worst to least; `unknown` is what a tool that names none gets, and ranks with `high` so that it is never overlooked. */
export const severities = ['critical', 'high', 'medium', 'low', 'info', 'unknown'] as const;
export type Severity = (typeof severities)[number];

/** The stages in the order in which every rendering lists them. */
export const stageNames = [
  'lint',
  'typecheck',
  'test',
  'sast',
  'deps',
  'secrets',
  'config',
  'build',
  'scan',
  'sbom',
  'dast',
] as const;
export type StageName = (typeof stageNames)[number];

/** What coverage is counted in. */
export const coverageKinds = ['lines', 'branches', 'functions', 'statements'] as const;
export type CoverageKind = (typeof coverageKinds)[number];

/** One thing that a tool found, in the words of no particular tool. */
export interface Finding {
  /** The tool that reported it, lower case: eslint, tsc, jest, trivy, … */
  tool: string;
  /** The tool's own name for what it found: a rule, a CVE, an error code. Waivers name it. */
  rule: string;
  severity: Severity;
  /** The tool's own word for the severity, where it has one. */
  toolSeverity?: string;
  message: string;
  /** Where in the tree; the path is relative to the root of the judged source. Lines and columns count from 1. */
  location?: { path: string; line?: number; column?: number };
  package?: { name: string; version: string; fixedIn?: string };
  /** What of a file with several things in it: the service of a Compose file. Waivers may name it. */
  resource?: string;
  http?: { method: string; url: string };
  /** CWE numbers. */
  cwe?: number[];
  /** Other names of the same advisory, where the report gives them: the CVE of a GHSA, and the other way round. */
  aliases?: string[];
  /** A page that explains it. */
  help?: string;
  /** True for what the tool was told to overlook by its own means (an inline comment, an ignore file): it blocks unless waived in the ledger. */
  suppressed?: boolean;
}

/** A finding as the gate shows it. */
export interface JudgedFinding extends Finding {
  /** What tells it from all others and stays when lines move. */
  fingerprint: string;
  /** Whether the base branch had it already, where findings are compared with one. */
  baseline?: 'new' | 'known';
  /** Who else reported this advisory in this package and version: it is shown and counted here alone. */
  alsoFoundBy?: Sighting[];
}

/** A second report of a finding that is shown elsewhere. */
export interface Sighting {
  stage: StageName;
  tool: string;
  rule: string;
  severity: Severity;
  fingerprint: string;
}

/** A finding of the base branch that is there no more. */
export interface FixedFinding {
  stage: StageName;
  tool: string;
  rule: string;
  message: string;
  path?: string;
}

/**
 * What a tool looked at, counted. A reader gives one count per kind of thing (`files`, `tests`, `packages` …);
 * the first is the one that must not be zero.
 */
export interface Evidence {
  /** What was counted, in the plural: "files", "tests", "packages". */
  kind: string;
  count: number;
}

/** One operation of an API's description, and how it answered while somebody recorded the traffic. */
export interface OperationCoverage {
  /** Upper case. */
  method: string;
  /** As the description has it: /v1/deployments/{id}. */
  path: string;
  /** How many requests met it, answered or not. */
  requests: number;
  /** The best status that it answered with: a 2xx if there was one, else 3xx, 1xx, 4xx, 5xx. Undefined where it never answered. */
  best?: number;
}

/** What a reader makes of one report. */
export interface Reading {
  /** The reader's name: eslint, tsc, jest … */
  format: string;
  tool: string;
  /** The tool's version, where the report tells it. */
  version?: string;
  /** When the tool began, where the report tells it, RFC 3339: shows a report of an older run. */
  startedAt?: string;
  findings: Finding[];
  evidence: Evidence[];
  /** How much of the code the tests went through, counted by kind. */
  coverage?: Record<CoverageKind, { total: number; covered: number }>;
  /** The image that a build made. */
  builtImage?: { digest: string; platforms: string[] };
  /** The image that was looked at: `id` is the digest of its configuration, by which an archive knows it too. */
  scannedImage?: { name: string; id?: string; digests: string[] };
  /** How the operations of an API were met, in the order of its description. */
  operations?: OperationCoverage[];
  /** Paths that the tool looked at, where the report names them. */
  lookedAt?: string[];
  /** Paths that must be among those, in whichever report of the stage. */
  mustLookAt?: string[];
  /** Why the tool can't be trusted to have looked, where the report shows it ("Jest was interrupted"). */
  broken?: string;
}

/** One report file of a stage; the hash shows that it is the one the stage left. */
export interface ReportFile {
  /** File name inside the stage's folder. */
  file: string;
  /** The reader that must understand it. */
  format: string;
  sha256: string;
}

/** One platform's image out of an archive that may hold several. */
export interface PlatformImage {
  /** `linux/amd64`, `linux/arm64/v8`. */
  platform: string;
  /** Of its manifest. */
  digest: string;
  /** The digest of its configuration. */
  id: string;
}

/** `stage.json`: what one stage did, without any decision. */
export interface StageRecord {
  stage: StageName;
  tool: string;
  version: string;
  /** The image that the tool ran in, as tag@digest; `host` outside a container. */
  image: string;
  command: string[];
  /** Absolute path at which the root of the source lay for the tool: what the paths in its reports begin with. */
  root?: string;
  /** RFC 3339. */
  startedAt: string;
  durationMs: number;
  /** Null when the tool never ran or was killed. */
  exitCode: number | null;
  /** The signal that ended the tool. */
  signal?: string;
  /** True when the stage's own time-out ended the tool. */
  timedOut?: boolean;
  reports: ReportFile[];
  /** The image that the stage was given to look at, as its archive says: the digest of the whole, and what it holds. */
  subject?: { digest: string; images: PlatformImage[] };
  /** The vulnerability database that the tool compared with. */
  database?: { /** RFC 3339. */ updatedAt: string; /** Of the artifact that it came from. */ digest?: string };
  /** The last lines of the tool's output, kept where it left no report or an unexpected exit code. */
  lastWords?: string;
  /** Why the project has nothing for this stage, with the line of sluice.yaml that would name it. */
  absent?: string;
  /** Why this runner can't run the stage. */
  notRun?: string;
  /** Why no tool could be started, where that is not the project's doing (tool missing, database server would not start). */
  broken?: string;
}

export type StageStatus = 'passed' | 'failed' | 'broken' | 'absent' | 'not run';

/** What the gate makes of one stage. */
export interface StageResult {
  stage: StageName;
  status: StageStatus;
  /** One line: why the status is what it is ("1 of 58 tests: releases › keeps…", "looked at no file"). */
  reason: string;
  /** What the stage found by severity, what waivers excuse left out. */
  counts: Partial<Record<Severity, number>>;
  evidence: Evidence[];
  /** What it found, but for what is shown under another stage (`alsoFoundBy` there names this one). */
  findings: JudgedFinding[];
  /** How the operations of the API were met, where the stage sends requests. */
  operations?: OperationCoverage[];
  required: boolean;
  tool?: string;
  version?: string;
  image?: string;
  startedAt?: string;
  durationMs?: number;
}

export type VerdictStatus = 'passed' | 'failed' | 'broken';
export type RunnerName = 'dagger' | 'host';

/** `verdict.json`, schema `verdict/v1`: the one decision and everything it rests on. */
export interface Verdict {
  schema: 'verdict/v1';
  status: VerdictStatus;
  runner: RunnerName;
  /**
   * True for the host runner, where only some stages were judged, and where only what is new blocks. Such a verdict can never publish:
   * this is the field that whoever publishes or deploys has to check beside `status`.
   */
  preview: boolean;
  /** The stages that were asked for, where not all were (`--stage`). */
  only?: StageName[];
  subject: {
    name: string;
    revision: string;
    /** Of the image that was judged: an index over all platforms. */
    imageDigest?: string;
    /** Of the deploy bundle of the same commit; known once it is published. */
    bundleDigest?: string;
  };
  stages: StageResult[];
  /** Findings that count, by severity, over all stages; an advisory that two of them reported counts once. */
  findings: Partial<Record<Severity, number>>;
  waived: WaivedFinding[];
  /** How the findings compare with those of a base branch, where one was given. */
  baseline?: BaselineComparison;
  /** What needs a person's eye without changing the verdict: stale waivers, waivers that expire within 14 days, a changed policy. */
  warnings: string[];
  /** SHA-256 of the policy file that decided, hex. */
  policy: string;
  /** SHA-256 of the table of images that was used, hex; absent on the host. */
  images?: string;
  /** RFC 3339. */
  finishedAt: string;
}

export interface BaselineComparison {
  /** SHA-256 of the base's sluice.sarif, hex. */
  sha256: string;
  /** `new`: findings that the base has too did not block (`block: new` in the policy), so that `preview` is true. */
  block: BlockPolicy;
  /** How many of the findings that count are new, and how many the base has too. */
  new: number;
  known: number;
  /** What the base has and these stages found no more. */
  fixed: FixedFinding[];
  /** How many findings the base's file leaves out for its size: some of the new ones may be known. */
  leftOut: number;
}

/** What blocks in a comparison with a base branch. */
export const blockPolicies = ['all', 'new'] as const;
export type BlockPolicy = (typeof blockPolicies)[number];

export interface WaivedFinding {
  stage: StageName;
  rule: string;
  waiver: string;
  owner: string;
  reason: string;
  /** YYYY-MM-DD, the last day on which the waiver holds. */
  expires: string;
  finding: JudgedFinding;
}

/** Exit codes of every command that ends in a verdict. 2 is kept for usage and policy errors. */
export const exitCodes: Record<VerdictStatus, number> = { passed: 0, failed: 1, broken: 3 };

/** A user's mistake: printed as one line without a stack trace, exit 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Mistakes in the policy, one line each ("sluice.yaml:12: stages.lint.treshold: unknown key, allowed: …"); exit 2. */
export class PolicyError extends UsageError {
  override name = 'PolicyError';
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
