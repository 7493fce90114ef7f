/** A call under way: the policy read, the project installed once for all stages that need it. */
import { dag, type Directory, type File } from '@dagger.io/dagger';
import type { Call } from './call.ts';
import { type Checkout, checkout } from './checkout.ts';
import { gateContainer, sluice } from './gate.ts';
import { type StagePolicies, stagePolicy } from './policy.ts';
import { installedProject, type Project } from './project.ts';
import { vulnerabilityDb } from './vulnerability-db.ts';

export interface Run extends Call {
  policies: StagePolicies;
  /** The part of the policy that a stage reads, as a file for `sluice stage`. */
  policyOf(stage: string): File;
  /** The installed project; installs at the first call. Rejects for every stage where the installation failed. */
  project(): Promise<Project>;
  /** Which commit the source is. */
  checkout(): Promise<Checkout>;
  /** An image that is published already, to judge instead of one that is built. */
  published?: File;
  /** The vulnerability database of today, as Trivy's cache folder; fetches it at the first call. Rejects where that failed. */
  vulnerabilityDb(): Promise<Directory>;
  /** Of the self-test: a program in whose place every stage gets one that ends well without having done anything. */
  idleProgram?: string;
}

/** Reads the policy. A mistake in it ends the call with exit code 2 and the gate's own words. */
export async function startRun(call: Call): Promise<Run> {
  const policies = await resolvedPolicy(call);
  let project: Promise<Project> | undefined;
  let found: Promise<Checkout> | undefined;
  let database: Promise<Directory> | undefined;
  return {
    ...call,
    policies,
    policyOf: (stage) => dag.directory().withNewFile('sluice.yaml', stagePolicy(policies, stage)).file('sluice.yaml'),
    project: () => (project ??= installedProject(call)),
    checkout: () => (found ??= checkout(call)),
    vulnerabilityDb: () => (database ??= vulnerabilityDb(call)),
  };
}

/** An empty policy is what holds where there is none. The file keeps its name, by which messages call it. */
async function resolvedPolicy({ policy, ...call }: Call): Promise<StagePolicies> {
  const name = (await policy?.name()) ?? 'sluice.yaml';
  const text = await gateContainer(call)
    .withWorkdir('/policy')
    .with((container) => (policy ? container.withMountedFile(name, policy) : container.withNewFile(name, '')))
    .withExec(sluice('policy', 'check', name, '--json'))
    .stdout();
  return JSON.parse(text) as StagePolicies;
}
