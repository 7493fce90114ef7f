/** What a stage of the pipeline is, and how the ones that run the project's own tools run them. */
import { type Container, dag, type Directory } from '@dagger.io/dagger';
import { brokenRecord, type ToolFailure, wholeOutput } from '../evidence.ts';
import { freshly } from '../fresh.ts';
import { gateContainer, sluice, withGate } from '../gate.ts';
import { Mistake } from '../mistake.ts';
import { named } from '../progress.ts';
import { sourcePath } from '../project.ts';
import type { Run } from '../run.ts';

export const reportsPath = '/reports';

/** One stage: containers and a command. What its reports mean is the gate's business. */
export interface Stage {
  /** The gate knows it by the same name. */
  name: string;
  /**
   * Gives the reports folder, with `NAME/stage.json` in it. `attempt` differs from an earlier one where the engine's cache must not answer.
   * May reject: whatever kept the tool from running becomes evidence of a broken stage.
   */
  evidence(run: Run, attempt: string): Promise<Directory>;
}

/** What a stage's container has beside the gate, and the image that the record names for it, as tag@digest. */
export interface Tool {
  image: string;
  with: (container: Container) => Container;
}

/** Runs a stage under its name. Never costs a report: a stage that can't run leaves evidence of that. */
export function runStage(stage: Stage, run: Run, attempt = ''): Promise<Directory> {
  return named(stage.name, async () => {
    const startedAt = new Date();
    try {
      return await (await stage.evidence(run, attempt)).sync();
    } catch (error) {
      if (error instanceof Mistake) throw error;
      const failure = error as ToolFailure;
      const record = brokenRecord(stage.name, failure, startedAt, new Date());
      return dag
        .directory()
        .withNewFile(`${stage.name}/stage.json`, JSON.stringify(record, null, 2))
        .withNewFile(`${stage.name}/output.txt`, wholeOutput(failure));
    }
  });
}

/** Runs the gate's definition of a stage inside the project's container, on top of what `prepare` adds to it. */
export async function inProject(
  name: string,
  run: Run,
  attempt: string,
  prepare: (container: Container) => Container = (container) => container,
): Promise<Directory> {
  const { image, container } = await run.project();
  return byTheGate(name, run, attempt, image, container.with(prepare).with(withGate(run)));
}

/**
 * Runs the gate's definition of a stage over the source as it is: nothing of the project is installed, none of its code runs.
 * `tool` is what it needs beside the gate, such as `trivyOf(run)`, and the image that this comes from. Default: the gate alone.
 * `source` is what of the source the stage reads (default: all of it), `flags` are further ones of `sluice stage`.
 */
export function overSource(
  name: string,
  run: Run,
  attempt: string,
  tool: Tool = { image: run.images.node24, with: (container) => container },
  what: { source?: Directory; flags?: string[] } = {},
): Directory {
  const { source = run.source.withoutDirectory('.git').withoutFile('sluice.yaml'), flags } = what;
  const container = gateContainer(run).with(tool.with).withMountedDirectory(sourcePath, source);
  return byTheGate(name, run, attempt, tool.image, container, flags);
}

/** Runs the gate's definition of a stage in a container that has the gate and the source. */
export function byTheGate(
  name: string,
  run: Run,
  attempt: string,
  image: string,
  container: Container,
  flags: string[] = [],
): Directory {
  return container
    .withMountedFile('/sluice.yaml', run.policyOf(name))
    .with(freshly(attempt))
    .with(sabotaged(run))
    .withExec(
      sluice(
        ...['stage', name, '--source', sourcePath, '--reports', reportsPath],
        ...['--policy', '/sluice.yaml', '--image', image, ...flags],
      ),
    )
    .directory(reportsPath);
}

/** Nothing is, but in the self-test. */
function sabotaged({ idleProgram }: Run): (container: Container) => Container {
  if (idleProgram === undefined) return (container) => container;
  const idle = dag.directory().withNewFile('idle', '#!/bin/sh\n', { permissions: 0o755 }).file('idle');
  return (container) => container.withMountedFile(idleProgram, idle);
}
