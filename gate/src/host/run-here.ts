/** The pipeline on the bare machine: the stages that need no container, side by side, then the gate, labelled as a preview. */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import gate from '../commands/gate.ts';
import { today } from '../dates.ts';
import { type StageRecord, UsageError } from '../model.ts';
import { loadPolicy } from '../policy.ts';
import { openProject } from '../project.ts';
import { emptyFolder, emptyRecord, runStage, writeRecord } from '../run-stage.ts';
import type { StageDefinition } from '../stages/stage.ts';
import { stages } from '../stages/index.ts';
import { interruptible } from './interrupt.ts';
import { Progress } from './progress.ts';

export interface CiOptions {
  source: string;
  reports: string;
  strict: boolean;
  stages: StageDefinition[];
  policy?: string;
  /** The base branch's sluice.sarif. */
  base?: string;
}

/** The longest first, so that no long stage is left alone at the end. */
const order = ['test', 'lint', 'sast', 'typecheck', 'build'];

/**
 * Runs the stages here and judges them.
 * @param reason why not through Dagger, in the words of the preview label
 * @throws UsageError for a source, policy or reports folder that can't be used
 */
export async function runHere(options: CiOptions, reason: string): Promise<number> {
  const project = openProject(options.source);
  const policy = await loadPolicy(project.root, today(), options.policy);
  // Should we not live to write a verdict, an older one must not stand in for it.
  discardVerdict(options.reports);
  process.stderr.write(`sluice: preview on this machine (${reason}); it can't publish\n`);

  return interruptible(async (signal) => {
    const progress = new Progress(process.stderr);
    const queue = options.stages.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    let mistake: Error | undefined;
    const worker = async () => {
      for (let stage = queue.shift(); stage && !signal.aborted && !mistake; stage = queue.shift()) {
        progress.started(stage.name);
        try {
          progress.finished(await runOne(stage));
        } catch (error) {
          mistake = error as Error;
        }
      }
    };
    const runOne = async (stage: StageDefinition): Promise<StageRecord> =>
      stage.host
        ? runStage(stage, project, policy.stages[stage.name], { reports: options.reports, signal })
        : needsContainer(stage, options.reports);
    await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker));
    progress.end();
    if (mistake) throw mistake;
    if (signal.aborted) return 3;

    return gate.run([
      ...['--reports', options.reports, '--source', options.source, '--runner', 'host'],
      ...(options.policy ? ['--policy', options.policy] : []),
      ...(options.strict ? ['--strict'] : []),
      ...(options.base ? ['--base', options.base] : []),
      ...(options.stages.length < stages.length ? options.stages.flatMap(({ name }) => ['--stage', name]) : []),
    ]);
  });
}

/** Removes the verdict of an earlier run. @throws UsageError where that is not allowed */
export function discardVerdict(reports: string): void {
  try {
    rmSync(join(reports, 'verdict.json'), { force: true });
  } catch (error) {
    throw new UsageError(
      `cannot write to ${reports} (${(error as NodeJS.ErrnoException).code}): name another folder with --reports`,
    );
  }
}

function needsContainer(stage: StageDefinition, reports: string): StageRecord {
  emptyFolder(reports, stage.name);
  const record = { ...emptyRecord(stage), notRun: 'needs a container: runs in Dagger only' };
  writeRecord(reports, record);
  return record;
}
