/** typecheck: tsc by the project's own script, or over its tsconfig.json. */
import { inProject, type Stage } from './stage.ts';

export const typecheck: Stage = {
  name: 'typecheck',
  evidence: (run, attempt) => inProject('typecheck', run, attempt),
};
