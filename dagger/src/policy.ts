/** What the module needs of the policy, which the gate has read and checked. Imports nothing from Dagger. */

/** The resolved policy, as `sluice policy check --json` prints it. */
export interface StagePolicies {
  project: { name?: string; source?: string; bundle: string[] };
  stages: Record<
    string,
    Record<string, unknown> & { directory?: string; dockerfile?: string; platforms?: string[] }
  > & { dast?: DastPolicy };
}

/** What the module itself reads of dast's entry. */
export interface DastPolicy extends Record<string, unknown> {
  port?: number;
  environment?: Record<string, string>;
  seed?: string;
}

/** What a stage reads of its entry. The rest is the verdict's, and changing that must run no stage again. */
const readByStages = [
  ...['directory', 'script', 'timeout', 'coverage', 'developmentDependencies'],
  ...['compose', 'variables'],
  ...['health', 'openapi', 'token', 'seed'],
];
/** These look at the whole repository, and have no such key to be given. */
const ofWholeTree = ['secrets', 'config'];

/** The policy as one stage reads it: its own entry, and no waivers. JSON is YAML as well. */
export function stagePolicy({ stages }: StagePolicies, stage: string): string {
  const own = Object.entries(stages[stage] ?? {}).filter(
    ([key]) => readByStages.includes(key) && !(key === 'directory' && ofWholeTree.includes(stage)),
  );
  return `${JSON.stringify({ stages: { [stage]: Object.fromEntries(own) } }, null, 2)}\n`;
}
