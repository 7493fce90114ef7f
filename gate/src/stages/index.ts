/** Every stage there is, in the order of the renderings. A new stage is a file beside this one, a line here and its name in model.ts. */
import { UsageError } from '../model.ts';
import { build } from './build.ts';
import { config } from './config.ts';
import { dast } from './dast.ts';
import { deps } from './deps.ts';
import { lint } from './lint.ts';
import { sast } from './sast.ts';
import { sbom } from './sbom.ts';
import { scan } from './scan.ts';
import { secrets } from './secrets.ts';
import type { StageDefinition } from './stage.ts';
import { test } from './test.ts';
import { typecheck } from './typecheck.ts';

export const stages: StageDefinition[] = [lint, typecheck, test, sast, deps, secrets, config, build, scan, sbom, dast];

/** The stages of these names, in order; all where none is named. @throws UsageError for a name that no stage has */
export function chooseStages(names?: string[]): StageDefinition[] {
  const unknown = names?.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`no stage "${unknown}": there is ${stages.map(({ name }) => name).join(', ')}`);
  }
  return stages.filter(({ name }) => names === undefined || names.includes(name));
}
