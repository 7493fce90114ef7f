/** Reads `compose.json` of the stage config: which files there are to be looked at, and what Compose made of its files, held to Sluice's rules. */
import { z } from 'zod';
import type { Service } from '../compose/model.ts';
import { composeRules } from '../compose/rules.ts';
import type { Finding } from '../model.ts';
import type { Reader } from './reader.ts';

const service = z.object({
  name: z.string(),
  file: z.string(),
  line: z.int().optional(),
  // Compose's own words; the rules take what they know of it.
  definition: z.looseObject({}).transform((definition) => definition as Service),
});
const scope = z.strictObject({
  kind: z.literal('sluice/config-scope/v1'),
  dockerfiles: z.array(z.string()),
  manifests: z.array(z.string()),
  composeFiles: z.array(z.string()),
  sets: z.array(
    z.strictObject({
      files: z.array(z.string()).min(1),
      services: z.array(service).optional(),
      failure: z.string().optional(),
    }),
  ),
});
type Scope = z.output<typeof scope>;

export const configScope: Reader = {
  format: 'config-scope',
  title: "Sluice's configuration scope",

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'sluice/config-scope/v1';
  },

  read(report) {
    const found = report.shaped(scope, this.title);
    const { dockerfiles, manifests, composeFiles, sets } = found;
    const services = new Set(sets.flatMap((one) => (one.services ?? []).map(({ name, file }) => `${file} ${name}`)));
    const broken = whyBroken(found);
    return {
      format: this.format,
      tool: 'sluice',
      findings: [...new Map(sets.flatMap(findingsOf).map((each) => [JSON.stringify(each), each])).values()],
      evidence: [
        { kind: 'files', count: dockerfiles.length + manifests.length + composeFiles.length },
        { kind: 'Dockerfiles', count: dockerfiles.length },
        { kind: 'Kubernetes files', count: manifests.length },
        { kind: 'Compose files', count: composeFiles.length },
        { kind: 'Compose services', count: services.size },
      ],
      mustLookAt: [...dockerfiles, ...manifests, ...composeFiles],
      lookedAt: sets.filter((one) => one.services !== undefined).flatMap(({ files }) => files),
      ...(broken !== undefined && { broken }),
    };
  },
};

/** The same service may stand in several sets with the same fault: said once. */
function findingsOf({ services = [] }: Scope['sets'][number]): Finding[] {
  return services.flatMap(({ name, file, line, definition }) =>
    composeRules.flatMap((rule) => {
      const problem = rule.problem(definition);
      if (problem === undefined) return [];
      return {
        tool: 'sluice',
        rule: rule.id,
        severity: rule.severity,
        message: `${name} needs ${rule.wants}: ${problem}`,
        resource: name,
        location: { path: file, ...(line !== undefined && { line }) },
      };
    }),
  );
}

function whyBroken({ sets }: Scope): string | undefined {
  const failed = sets.find(({ services }) => services === undefined);
  if (failed) return `Compose can't render ${failed.files.join(' + ')}: ${failed.failure ?? 'it gave no reason'}`;
  const empty = sets.find(({ services }) => services?.length === 0);
  return empty && `Compose found no service in ${empty.files.join(' + ')}`;
}
