/** Runs one stage where it stands and leaves its evidence: the tool's own reports, its output, and `stage.json`. Decides nothing. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { NoPostgresBinary, startPostgres } from './host/postgres.ts';
import { type StageRecord, UsageError } from './model.ts';
import type { StagePolicy } from './policy.ts';
import type { Project } from './project.ts';
import {
  type ExpectedReport,
  expectedReports,
  type Plan,
  type ReportName,
  type StageDefinition,
  type StageInputs,
} from './stages/stage.ts';
import { runTool, type ToolOptions, type ToolRun } from './tool.ts';

/** The tool's output as it came, kept beside its reports. */
const outputFile = 'output.txt';

export interface StageOptions {
  /** The reports folder; the stage writes below it, into a folder of its name. */
  reports: string;
  /** The image that this runs in, as tag@digest. Default: `host`. */
  image?: string;
  /** What the stage looks at besides the source. Default: nothing. */
  inputs?: StageInputs;
  /** Ends the tool early. */
  signal?: AbortSignal;
}

/**
 * Runs a stage and writes its record. Whatever the tool did is in the record, never an exception.
 * @throws UsageError where the policy names what is not there, or the reports folder can't be written
 */
export async function runStage(
  stage: StageDefinition,
  project: Project,
  policy: StagePolicy,
  options: StageOptions,
): Promise<StageRecord> {
  // Absolute, since the tool runs elsewhere: in the stage's own folder.
  const folder = resolve(emptyFolder(options.reports, stage.name));
  const plan = stage.plan(project, policy, folder, options.inputs ?? {});
  const record: StageRecord = { ...emptyRecord(stage, options.image), root: project.root };

  if (!('command' in plan)) {
    Object.assign(record, plan);
  } else {
    const { tool, command, subject, database } = plan;
    Object.assign(record, { tool, version: toolVersion(plan, project), command });
    if (subject) record.subject = subject;
    if (database) record.database = database;
    await withNeeds(plan, record, async (environment) => {
      Object.assign(record, await plan.before?.());
      if (record.broken !== undefined || record.absent !== undefined) return;
      const run = await runTools(stage, plan, folder, {
        directory: plan.directory,
        environment: { ...environment, ...plan.environment, PATH: searchPath(plan, project) },
        timeoutSeconds: policy.timeout,
        ...(plan.stdoutReport !== undefined && { stdoutFile: join(folder, plan.stdoutReport) }),
        ...(options.signal && { signal: options.signal }),
      });
      await describe(run, stage, plan, expectedReports(stage, policy), folder, record);
    });
  }
  writeRecord(options.reports, record);
  return record;
}

/** The record of a stage in which no tool has run. The image is `host` outside a container. */
export function emptyRecord(stage: StageDefinition, image = 'host'): StageRecord {
  return {
    stage: stage.name,
    tool: stage.name,
    version: 'unknown',
    image,
    command: [],
    startedAt: new Date().toISOString(),
    durationMs: 0,
    exitCode: null,
    reports: [],
  };
}

/**
 * Writes `stage.json` into the stage's folder, which must be there.
 * @throws UsageError where the folder can't be written
 */
export function writeRecord(reports: string, record: StageRecord): void {
  const file = join(reports, record.stage, 'stage.json');
  writing(file, () => writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`));
}

/** Makes the stage's folder and empties it: a report of an older run must never be taken for today's. */
export function emptyFolder(reports: string, stage: string): string {
  const folder = join(reports, stage);
  writing(folder, () => {
    rmSync(folder, { recursive: true, force: true });
    makeFolder(folder);
  });
  return folder;
}

/** Takes up the reports that the stage left, each with its hash, so that the gate can tell that nobody touched them since. */
export function collectReports(stage: StageDefinition, folder: string): StageRecord['reports'] {
  return collect(reportNames(stage), folder);
}

/** The reports of a stage that leaves nothing open. */
function reportNames({ reports }: StageDefinition): ReportName[] {
  return reports.flatMap(({ file, format }) => (typeof format === 'string' ? [{ file, format }] : []));
}

function collect(reports: ReportName[], folder: string): StageRecord['reports'] {
  return reports
    .filter(({ file }) => existsSync(join(folder, file)))
    .map(({ file, format }) => {
      const sha256 = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
      return { file, format, sha256 };
    });
}

/** Step by step: Node's own recursive mkdir never returns below a folder that takes no entries, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot write ${path} (${code ?? message}): name another folder with --reports`);
  }
}

/** Gives the tool what it needs for as long as it runs. */
async function withNeeds(
  plan: Plan,
  record: StageRecord,
  run: (environment: Record<string, string>) => Promise<void>,
): Promise<void> {
  if (plan.needs !== 'postgres' || process.env['DATABASE_URL']) return run({});
  let postgres;
  try {
    postgres = await startPostgres();
  } catch (error) {
    record[error instanceof NoPostgresBinary ? 'notRun' : 'broken'] = (error as Error).message;
    return;
  }
  try {
    await run({ DATABASE_URL: postgres.url });
  } finally {
    await postgres.stop();
  }
}

/** The runs of one plan as one: they end with the first that does not end as expected, and share the stage's time-out. */
async function runTools(
  stage: StageDefinition,
  plan: Plan,
  folder: string,
  options: Omit<ToolOptions, 'outputFile'>,
): Promise<FinishedTool> {
  const output = join(folder, plan.outputReport ?? outputFile);
  const first = await runTool(plan.command, { ...options, outputFile: output });
  let whole: FinishedTool = { ...first, command: plan.command, output: readFileSync(output, 'utf8') };
  for (const [index, command] of (plan.more ?? []).entries()) {
    if (!endedAsExpected(stage, whole)) break;
    const outputOfThis = join(folder, `output-${index + 2}.txt`);
    const timeoutSeconds = Math.max(1, options.timeoutSeconds - whole.durationMs / 1000);
    const next = await runTool(command, { ...options, timeoutSeconds, outputFile: outputOfThis });
    whole = {
      ...next,
      command,
      output: readFileSync(outputOfThis, 'utf8'),
      startedAt: first.startedAt,
      durationMs: whole.durationMs + next.durationMs,
    };
  }
  return whole;
}

/** How the last of a plan's runs ended. */
interface FinishedTool extends ToolRun {
  command: string[];
  output: string;
}

function endedAsExpected({ exit }: StageDefinition, { exitCode }: ToolRun): boolean {
  return [...exit.clean, ...exit.findings].includes(exitCode ?? -1);
}

async function describe(
  run: FinishedTool,
  stage: StageDefinition,
  plan: Plan,
  expectedReports: ExpectedReport[],
  folder: string,
  record: StageRecord,
): Promise<void> {
  record.command = run.command;
  record.startedAt = run.startedAt.toISOString();
  record.durationMs = run.durationMs;
  record.exitCode = run.exitCode;
  if (run.signal) record.signal = run.signal;
  if (run.timedOut) record.timedOut = true;
  if (run.notStarted) record.broken = run.notStarted;

  const words = lastWords(run.output);
  const hindrance = await plan.finish?.({ exitCode: run.exitCode, lastWords: words, startedAt: run.startedAt });
  if (record.broken === undefined && !run.timedOut) Object.assign(record, hindrance);
  record.reports = collect(plan.reports ?? reportNames(stage), folder);

  const complete = (plan.reports ?? expectedReports).every(({ file }) =>
    record.reports.some((one) => one.file === file),
  );
  if (words && !(complete && endedAsExpected(stage, run))) record.lastWords = words;
  const nothing = stage.nothingInOutput?.exec(run.output)?.[0];
  if (!complete && nothing) record.broken = `${stage.lookedAtNothing}: ${nothing.trim()}`;
}

function lastWords(output: string): string {
  return (
    output
      .split('\n')
      // Neither npm's comments nor stack frames say what is wrong.
      .filter((line) => line.trim() !== '' && !/^npm (error|warn|notice)|^\s+at /i.test(line))
      .slice(-5)
      .join('\n')
      .slice(-2000)
  );
}

/** The project's own tools come first, from the stage's folder up to the root. */
function searchPath(plan: Plan, project: Project): string {
  return [...ancestors(plan.directory, project.root).map(binFolder), process.env['PATH'] ?? ''].join(delimiter);
}

function binFolder(folder: string): string {
  return join(folder, 'node_modules', '.bin');
}

function ancestors(folder: string, root: string): string[] {
  return folder === root || dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder), root)];
}

function toolVersion(plan: Plan, project: Project): string {
  if (plan.version !== undefined) return plan.version;
  if (!plan.versionOf) {
    const { stdout } = spawnSync(plan.command[0]!, ['--version'], { encoding: 'utf8', cwd: plan.directory });
    return (
      stdout
        ?.split('\n')[0]
        ?.replace(/^version:?\s/i, '')
        .trim() || 'unknown'
    );
  }
  for (const folder of ancestors(plan.directory, project.root)) {
    try {
      const text = readFileSync(join(folder, 'node_modules', plan.versionOf, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Installed further up, or not at all: then the run itself will say so.
    }
  }
  return 'unknown';
}
