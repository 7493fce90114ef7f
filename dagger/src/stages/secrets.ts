/** secrets: Trivy's secret scan over the source, and over what its commit has besides. */
import { trivyOf } from '../trivy.ts';
import { overSource, type Stage } from './stage.ts';

export const secrets: Stage = {
  name: 'secrets',
  // With `.git`: what the argument leaves out (documentation, workflows, a committed .env) is read from the commit itself.
  evidence: (run, attempt) =>
    Promise.resolve(overSource('secrets', run, attempt, trivyOf(run), { source: run.source })),
};
