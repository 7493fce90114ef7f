/** How a step is made to run although the engine's cache could answer it. */
import type { Container } from '@dagger.io/dagger';

/** Makes the steps that follow new to the cache; without an attempt they stay what they are. */
export function freshly(attempt: string): (container: Container) => Container {
  return (container) => (attempt ? container.withEnvVariable('SLUICE_ATTEMPT', attempt) : container);
}
