/** Names a piece of work in Dagger's progress while it runs. */
import { getTracer } from '@dagger.io/dagger/telemetry';

/** Runs `work` under a name of its own. What it evaluates must be evaluated inside, or it shows up elsewhere. */
export function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  return getTracer('sluice').startActiveSpan(name, work, { 'dagger.io/ui.reveal': true });
}
