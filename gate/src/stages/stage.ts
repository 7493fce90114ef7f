/** What a stage is: how its tool is run (by the runners) and how its reports are to be read (by the gate). */
import type { StageName } from '../model.ts';
import type { Project } from '../project.ts';
import type { StagePolicy } from '../policy.ts';

/** A report that the tool must leave, and the reader that must understand it. */
export interface ExpectedReport {
  file: string;
  format: string;
}

/** How to run a tool once. */
export interface Plan {
  tool: string;
  command: string[];
  /** Absolute. */
  directory: string;
  environment?: Record<string, string>;
  /** The command that prints the tool's version on its first line. */
  versionCommand: string[];
  /** The report that the tool itself can't write: its standard output (and standard error behind it) is kept under this name. */
  outputReport?: string;
  /** `postgres`: DATABASE_URL must lead to a PostgreSQL while the tool runs. */
  needs?: 'postgres';
}

/** The project has nothing for this stage. */
export interface Absence {
  /** One line: what was looked for and where, and the line of sluice.yaml that would name it. */
  absent: string;
}

export interface StageDefinition {
  name: StageName;
  /** A sentence for `--help`. */
  summary: string;
  reports: ExpectedReport[];
  /**
   * What the tool's exit codes mean: `clean` when it found nothing that it blocks on, `findings` when it did.
   * Every other code means that the tool did not do its work.
   */
  exit: { clean: number[]; findings: number[] };
  /** The word behind the evidence when nothing was looked at: "looked at no file", "executed no test". */
  lookedAtNothing: string;
  /** False where a waiver may never excuse a finding (a failing test, a type error). */
  waivable: boolean;
  /** Where the definition can run by itself on a bare machine. */
  host: boolean;
  plan(project: Project, policy: StagePolicy, reports: string): Promise<Plan | Absence>;
}
