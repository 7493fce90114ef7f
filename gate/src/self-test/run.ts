/** Runs the rows that a bare machine can run, each on a copy of the good project with the row's changes. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openProject } from '../project.ts';
import { runStage } from '../run-stage.ts';
import type { StageDefinition } from '../stages/stage.ts';
import { checkRow, type Outcome, policyOf } from './check.ts';
import { type Row, rowName } from './rows.ts';

const projects = join(import.meta.dirname, '../../self-test');
/** Their tools are Sluice's own. */
const tools = join(import.meta.dirname, '../../../node_modules');

export interface SelfTestOptions {
  day: string;
  signal: AbortSignal;
  /** Called as each row is done. */
  done?: (outcome: Outcome) => void;
}

/** The outcomes in the order of the rows; those that were not reached when the signal came are left out. */
export async function runRows(
  rows: readonly Row[],
  stages: readonly StageDefinition[],
  options: SelfTestOptions,
): Promise<Outcome[]> {
  const outcomes = new Map<Row, Outcome>();
  const queue = [...rows];
  const worker = async () => {
    for (let row = queue.shift(); row && !options.signal.aborted; row = queue.shift()) {
      const outcome = await runRow(
        row,
        stages.find(({ name }) => name === row.stage)!,
        options,
      );
      outcomes.set(row, outcome);
      options.done?.(outcome);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return rows.flatMap((row) => outcomes.get(row) ?? []);
}

async function runRow(row: Row, definition: StageDefinition, { day, signal }: SelfTestOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), `sluice-self-test-${rowName(row)}-`));
  try {
    const source = join(folder, 'source');
    cpSync(join(projects, row.project ?? 'project'), source, { recursive: true });
    symlinkSync(tools, join(source, 'node_modules'));
    for (const [path, text] of Object.entries(row.files ?? {})) write(join(source, path), text);
    const reports = join(folder, 'reports');
    await runStage(definition, openProject(source), policyOf(row, day).stages[row.stage], { reports, signal });
    return await checkRow(row, definition, reports, day);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, text: string | null): void {
  if (text === null) return rmSync(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
