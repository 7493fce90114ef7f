/** Trivy beside the gate, whose own Node runs it: its image has no Node, but it is one static program that needs nothing around it. */
import { dag } from '@dagger.io/dagger';
import type { Run } from './run.ts';
import type { Tool } from './stages/stage.ts';

/** Where Trivy's own image and the gate's container have it; both search there. */
const program = '/usr/local/bin/trivy';

/** A container of the gate that has `trivy` on its PATH, for stages that the gate runs with it. */
export function trivyOf({ images }: Run): Tool {
  const file = dag.container().from(images.trivy).file(program);
  return { image: images.trivy, with: (container) => container.withMountedFile(program, file) };
}
