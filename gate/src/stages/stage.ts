/** What a stage is: how its tool is run (by the runners) and how its reports are to be read (by the gate). */
import type { StageName } from '../model.ts';
import type { StagePolicy } from '../policy.ts';
import type { Project } from '../project.ts';

/** A report that the tool must leave, and the reader that must understand it. */
export interface ExpectedReport {
  file: string;
  format: string;
  /** Whether the policy asks for it. Default: always. */
  when?: (policy: StagePolicy) => boolean;
}

/** The reports that a stage must leave by this policy. */
export function expectedReports({ reports }: StageDefinition, policy: StagePolicy): ExpectedReport[] {
  return reports.filter(({ when }) => when?.(policy) ?? true);
}

/** How to run a tool once. */
export interface Plan {
  tool: string;
  command: string[];
  /** Absolute. */
  directory: string;
  /** The npm package whose installed version is the tool's. Default: the version of the first word of the command. */
  versionOf?: string;
  /** The tool's version, where the stage brings the tool along. */
  version?: string;
  /** The report that the tool itself can't write: its output, as it came, is kept under this name. */
  outputReport?: string;
  /** `postgres`: DATABASE_URL must lead to a PostgreSQL while the tool runs. */
  needs?: 'postgres';
  /** Writes a report of what the tool left behind, where the tool writes none itself. */
  finish?(run: FinishedRun): void;
}

/** How the tool ended. */
export interface FinishedRun {
  exitCode: number | null;
  /** The last lines of its output that are not blank. */
  lastWords: string;
  startedAt: Date;
}

/** The project has nothing for this stage. */
export interface Absence {
  /** One line: what was looked for and where, and the line of sluice.yaml that would name it. */
  absent: string;
}

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
  /** The tool's own words for having found nothing to look at, where it says them instead of leaving a report. */
  nothingInOutput?: RegExp;
  /** False where a waiver may never excuse a finding (a failing test, a type error). */
  waivable: boolean;
  /** True where the stage needs no container. */
  host: boolean;
  /** @throws UsageError where the policy names what is not there */
  plan(project: Project, policy: StagePolicy, reports: string): Plan | Absence;
}
