/** build: the image, by the project's Dockerfile. */
import { type BuildArg, type Container, dag, type Directory } from '@dagger.io/dagger';
import { buildSecrets } from '../access.ts';
import { emptyRecord, type ToolFailure, wholeOutput } from '../evidence.ts';
import { gateContainer, sluice } from '../gate.ts';
import { isReplaced } from '../images.ts';
import type { Run } from '../run.ts';
import { reportsPath, type Stage } from './stage.ts';

export const build: Stage = {
  name: 'build',
  async evidence(run) {
    if (!(await run.source.exists(dockerfile(run)))) return absent(run);
    const startedAt = new Date();
    let image: Container;
    try {
      image = await (await builtImage(run)).sync();
    } catch (error) {
      return recorded(run, startedAt, ['--build-failure', '/build.log'], (container) =>
        container.withNewFile('/build.log', wholeOutput(error as ToolFailure)),
      );
    }
    return recorded(run, startedAt, ['--oci-archive', '/image.tar'], (container) =>
      container.withMountedFile('/image.tar', image.asTarball()),
    );
  },
};

/** Relative to the root of the source, which is the build's context. */
function dockerfile(run: Run): string {
  return run.policies.stages['build']?.dockerfile ?? 'Dockerfile';
}

function absent(run: Run): Directory {
  const record = {
    ...emptyRecord('build', new Date()),
    absent: `no ${dockerfile(run)} in the source; sluice.yaml names another by stages.build.dockerfile`,
  };
  return dag.directory().withNewFile('build/stage.json', JSON.stringify(record, null, 2));
}

/** The image that the project's Dockerfile makes, not yet evaluated. */
export async function builtImage(run: Run): Promise<Container> {
  return run.source
    .withoutDirectory('.git')
    .dockerBuild({ dockerfile: dockerfile(run), buildArgs: baseImages(run), secrets: await buildSecrets(run) });
}

/** Build arguments by which a Dockerfile may name its bases; `service/Dockerfile` does. */
const baseArguments = { NODE_IMAGE: 'node24', RUNTIME_IMAGE: 'nodeRuntime' } as const;

/** Such a Dockerfile follows the mirror and the replaced images; where the table is the built-in one, its own pins hold. */
function baseImages({ images }: Run): BuildArg[] {
  return Object.entries(baseArguments)
    .filter(([, image]) => isReplaced(images, image))
    .map(([name, image]) => ({ name, value: images[image] }));
}

/** The gate's record of what came of it. When it ran is no part of the cache key: an unchanged image keeps its first record. */
function recorded(run: Run, startedAt: Date, what: string[], prepare: (container: Container) => Container): Directory {
  const command = sluice('stage', 'build', '--reports', reportsPath, '--image', 'dagger', ...what);
  return gateContainer(run)
    .with(prepare)
    .withVolatileVariable('STARTED_AT', startedAt.toISOString())
    .withVolatileVariable('DURATION_MS', String(Date.now() - startedAt.getTime()))
    .withExec(['sh', '-c', 'exec "$@" --started-at "$STARTED_AT" --duration-ms "$DURATION_MS"', 'sh', ...command])
    .directory(reportsPath);
}
