/** Compose beside the gate: as Trivy, one static program out of an image that has more in it than is needed. */
import { type Container, dag } from '@dagger.io/dagger';
import type { Run } from './run.ts';

/** Where Docker's own image keeps the plugin, which runs by itself as well. */
const plugin = '/usr/local/libexec/docker/cli-plugins/docker-compose';

/** Puts `docker-compose` on the PATH of a container. */
export function composeOf({ images }: Run): (container: Container) => Container {
  const file = dag.container().from(images.dockerCli).file(plugin);
  return (container) => container.withMountedFile('/usr/local/bin/docker-compose', file);
}
