/** What a stage is: how its tool is run (by the runners) and how its reports are to be read (by the gate). */
import type { Reading, StageName, StageRecord } from '../model.ts';
import type { StagePolicy } from '../policy.ts';
import type { Project } from '../project.ts';

/** A report that the tool must leave, and the reader that must understand it. */
export interface ExpectedReport {
  /** `*` stands for a platform: one report each, at least one. */
  file: string;
  /** Several where it depends on the project which tool runs. */
  format: string | string[];
  /** Whether the policy asks for it. Default: always. */
  when?: (policy: StagePolicy) => boolean;
  /** Another report of the stage, without which this one can't be read: the API's description beside the traffic. */
  beside?: string;
}

/** The reports that a stage must leave by this policy. */
export function expectedReports({ reports }: StageDefinition, policy: StagePolicy): ExpectedReport[] {
  return reports.filter(({ when }) => when?.(policy) ?? true);
}

/** True for a file that the expectation is about. */
export function isNamed({ file: expected }: ExpectedReport, file: string): boolean {
  const [start, end] = expected.split('*') as [string, string?];
  return end === undefined ? file === start : file.startsWith(start) && file.endsWith(end);
}

/** What a stage looks at besides the source, where the caller has it. */
export interface StageInputs {
  /** A folder with `db/trivy.db` and `db/metadata.json`. */
  vulnerabilityDb?: string;
  /** An OCI image archive. */
  ociArchive?: string;
}

/** How to run a tool once. */
export interface Plan {
  tool: string;
  command: string[];
  /** Further runs of the same tool, one after the other, as long as each ends as expected. */
  more?: string[][];
  /** Absolute. */
  directory: string;
  /** The reports that this run must leave, where the stage's own list leaves something open. */
  reports?: ReportName[];
  /** The npm package whose installed version is the tool's. Default: the version of the first word of the command. */
  versionOf?: string;
  /** The tool's version, where the stage brings the tool along. */
  version?: string;
  /** The report that the tool itself can't write: its output, as it came, is kept under this name. */
  outputReport?: string;
  /** The same for its standard output alone: what it says on standard error is no part of the report. */
  stdoutReport?: string;
  /** `postgres`: DATABASE_URL must lead to a PostgreSQL while the tool runs. */
  needs?: 'postgres';
  /** Goes into the record. */
  subject?: StageRecord['subject'];
  /** Goes into the record. */
  database?: StageRecord['database'];
  /** What the tool gets beside our own environment. */
  environment?: Record<string, string>;
  /** Makes ready what the tool needs; a reason why that did not work keeps the tool from running. @throws UsageError where the policy names what is not there */
  before?(): Promise<NoPlan | undefined>;
  /**
   * Works on what the tool left behind before it is hashed: writes a report where the tool writes none, takes out what must not be kept.
   * What it returns is why there is no evidence all the same, and goes into the record.
   */
  finish?(run: FinishedRun): NoPlan | void | Promise<NoPlan | undefined>;
}

/** A report by its name, and the reader that must understand it. */
export interface ReportName {
  file: string;
  format: string;
}

/** How the tool ended. */
export interface FinishedRun {
  exitCode: number | null;
  /** The last lines of its output that are not blank. */
  lastWords: string;
  startedAt: Date;
}

/** Why there is nothing to run, in one line. */
export type NoPlan =
  /** The project has nothing for this stage: what was looked for and where, and the line of sluice.yaml that would name it. */
  | { absent: string }
  /** This runner can't. */
  | { notRun: string }
  /** What the tool needs is missing. */
  | { broken: string };

export interface StageDefinition {
  name: StageName;
  /** A phrase for `--help`. */
  summary: string;
  reports: ExpectedReport[];
  /**
   * What the tool's exit codes mean: `clean` when it found nothing that it blocks on, `findings` when it did.
   * Every other code means that the tool did not do its work.
   */
  exit: { clean: number[]; findings: number[] };
  /** What the reason says when nothing was looked at: "looked at no file", "executed no test". */
  lookedAtNothing: string;
  /** What else must have been counted besides the first: "rules" for a scanner that can run without any. */
  mustCount?: string[];
  /** Why what all reports say together can't be trusted, or does not suffice by the policy. */
  distrust?(readings: Reading[], policy: StagePolicy): string | undefined;
  /** What a person should know although the stage passed. */
  remarks?(readings: Reading[], policy: StagePolicy): string[];
  /** The tool's own words for having found nothing to look at, where it says them instead of leaving a report. */
  nothingInOutput?: RegExp;
  /** False where a waiver may never excuse a finding (a failing test, a type error). */
  waivable: boolean;
  /**
   * Where the stage looks at the image that build made: what says which image that was, each of its reports, or the record alone (a
   * service that is scanned from outside does not tell).
   */
  ofImage?: 'reports' | 'record';
  /** True where it compares with a vulnerability database, which must not be older than the policy allows. */
  ofDatabase?: boolean;
  /** True where the stage needs no container. */
  host: boolean;
  /** @throws UsageError where the policy names what is not there */
  plan(project: Project, policy: StagePolicy, reports: string, inputs: StageInputs): Plan | NoPlan;
}
