/** Takes up what one stage left in its folder: its record, and its reports as their readers understand them. Judges nothing. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Reading, type ReportFile, stageNames, type StageRecord } from './model.ts';
import type { StagePolicy } from './policy.ts';
import { readAs, type ReadOptions, Report, UnreadableReport } from './readers/index.ts';
import { type ExpectedReport, expectedReports, isNamed, type StageDefinition } from './stages/stage.ts';

/** What there is to judge one stage by. */
export interface StageEvidence {
  /** Undefined where the stage left no record that could be read; `problem` says why. */
  record?: StageRecord;
  problem?: string;
  /** One entry for each report that the stage must leave. */
  reports: ReportEvidence[];
}

/** A report that was read, or why it could not be. */
export type ReportEvidence = { reading: Reading } | { problem: string };

const record = z.object({
  stage: z.enum(stageNames),
  tool: z.string(),
  version: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  root: z.string().optional(),
  startedAt: z.iso.datetime({ offset: true }),
  durationMs: z.number().min(0),
  exitCode: z.int().nullable(),
  signal: z.string().optional(),
  timedOut: z.boolean().optional(),
  reports: z.array(z.object({ file: z.string(), format: z.string(), sha256: z.string() })),
  subject: z
    .object({
      digest: z.string(),
      images: z.array(z.object({ platform: z.string(), digest: z.string(), id: z.string() })),
    })
    .optional(),
  database: z.object({ updatedAt: z.iso.datetime({ offset: true }), digest: z.string().optional() }).optional(),
  lastWords: z.string().optional(),
  absent: z.string().optional(),
  notRun: z.string().optional(),
  broken: z.string().optional(),
});

/** Reads `<folder>/stage.json` and beside it the reports that the policy asks for. Never throws: what is wrong is in the result. */
export async function collectEvidence(
  folder: string,
  stage: StageDefinition,
  policy: StagePolicy,
  options: ReadOptions,
): Promise<StageEvidence> {
  let found: StageRecord;
  try {
    const report = new Report('stage.json', await readFile(join(folder, 'stage.json')));
    found = report.shaped(record, 'the record of a stage') as StageRecord;
  } catch (error) {
    return {
      problem: error instanceof UnreadableReport ? error.message : unreadable('stage.json', error),
      reports: [],
    };
  }
  if (found.stage !== stage.name) return { problem: `stage.json is the record of ${found.stage}`, reports: [] };

  const roots = [...(found.root === undefined ? [] : [found.root]), ...(options.roots ?? [])];
  const reports = expectedReports(stage, policy).flatMap((expected) =>
    collectReports(folder, expected, found, { ...options, roots }),
  );
  return { record: found, reports: await Promise.all(reports) };
}

/** One for each file of that name; a file that the record does not name is not of this run, even if it lies there. */
function collectReports(
  folder: string,
  expected: ExpectedReport,
  { reports }: StageRecord,
  options: ReadOptions,
): Promise<ReportEvidence>[] {
  const listed = reports.filter(({ file }) => isNamed(expected, file));
  if (listed.length === 0) return [Promise.resolve({ problem: `no ${expected.file}` })];
  return listed.map((one) => collectReport(folder, one, expected, options));
}

async function collectReport(
  folder: string,
  listed: ReportFile,
  expected: ExpectedReport,
  options: ReadOptions,
): Promise<ReportEvidence> {
  const { file, format } = listed;
  if (![expected.format].flat().includes(format)) return { problem: `${file} is no report of this stage: ${format}` };
  try {
    const report = await unchanged(join(folder, file), listed);
    if (expected.beside === undefined) return { reading: readAs(format, report, options) };
    // Whether it is the one that the stage left is checked where it is read for itself.
    const description = new Report(expected.beside, await readFile(join(folder, expected.beside)));
    return { reading: readAs(format, report, { ...options, description }) };
  } catch (error) {
    return { problem: error instanceof UnreadableReport ? error.message : unreadable(file, error) };
  }
}

/** The report, if it is the one that the stage left. Its bytes are let go before it is read. */
async function unchanged(path: string, { file, sha256 }: StageRecord['reports'][number]): Promise<Report> {
  const content = await readFile(path);
  if (createHash('sha256').update(content).digest('hex') !== sha256) {
    throw new UnreadableReport(`${file} is not the file that the stage left (its SHA-256 differs)`);
  }
  return new Report(file, content);
}

function unreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? `no ${file}` : `${file} can't be read: ${code ?? message}`;
}
