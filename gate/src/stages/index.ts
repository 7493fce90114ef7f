/** Every stage there is, in the order of the renderings. A new stage is a file beside this one, a line here and its name in model.ts. */
import { build } from './build.ts';
import { lint } from './lint.ts';
import type { StageDefinition } from './stage.ts';
import { test } from './test.ts';
import { typecheck } from './typecheck.ts';

export const stages: StageDefinition[] = [lint, typecheck, test, build];
