/** sast: Sluice's own security rules over the source. */
import { overSource, type Stage } from './stage.ts';

export const sast: Stage = {
  name: 'sast',
  evidence: (run, attempt) => Promise.resolve(overSource('sast', run, attempt)),
};
