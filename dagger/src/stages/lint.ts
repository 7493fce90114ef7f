/** lint: ESLint by the project's own script. */
import { inProject, type Stage } from './stage.ts';

export const lint: Stage = {
  name: 'lint',
  evidence: (run, attempt) => inProject('lint', run, attempt),
};
