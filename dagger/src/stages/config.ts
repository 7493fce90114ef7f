/** config: Trivy over Dockerfiles and Kubernetes manifests, Compose over Compose files. */
import { composeOf } from '../compose.ts';
import { trivyOf } from '../trivy.ts';
import { overSource, type Stage } from './stage.ts';

export const config: Stage = {
  name: 'config',
  evidence(run, attempt) {
    const trivy = trivyOf(run);
    return Promise.resolve(
      overSource('config', run, attempt, {
        ...trivy,
        with: (container) => container.with(trivy.with).with(composeOf(run)),
      }),
    );
  },
};
