/** A call under way: the policy read, the project installed once for all stages that need it. */
import { dag, type File } from '@dagger.io/dagger';
import type { Call } from './call.ts';
import { gateContainer, sluice } from './gate.ts';
import { type StagePolicies, stagePolicy } from './policy.ts';
import { installedProject, type Project, sourcePath } from './project.ts';

export interface Run extends Call {
  policies: StagePolicies;
  /** The part of the policy that a stage reads, as a file for `sluice stage`. */
  policyOf(stage: string): File;
  /** The installed project; installs at the first call. Rejects for every stage where the installation failed. */
  project(): Promise<Project>;
}

/** Reads the policy. A mistake in it ends the call with exit code 2 and the gate's own words. */
export async function startRun(call: Call): Promise<Run> {
  const policies = JSON.parse(
    await gateContainer(call)
      .withMountedDirectory(sourcePath, dag.directory())
      .with((container) =>
        call.policy ? container.withMountedFile(`${sourcePath}/sluice.yaml`, call.policy) : container,
      )
      .withWorkdir(sourcePath)
      .withExec(sluice('policy', 'check', '--json'))
      .stdout(),
  ) as StagePolicies;
  let project: Promise<Project> | undefined;
  return {
    ...call,
    policies,
    policyOf: (stage) => dag.directory().withNewFile('sluice.yaml', stagePolicy(policies, stage)).file('sluice.yaml'),
    project: () => (project ??= installedProject(call)),
  };
}
