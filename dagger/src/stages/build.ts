/** build: the image, by the project's Dockerfile, for every platform that the policy names. */
import { type BuildArg, type Container, dag, type Directory, type File, type Platform } from '@dagger.io/dagger';
import { buildSecrets } from '../access.ts';
import { revision } from '../checkout.ts';
import { emptyRecord, type ToolFailure, wholeOutput } from '../evidence.ts';
import { gateContainer, sluice } from '../gate.ts';
import { isReplaced } from '../images.ts';
import type { Run } from '../run.ts';
import { reportsPath, type Stage } from './stage.ts';

export const build: Stage = {
  name: 'build',
  async evidence(run) {
    if (!(await hasDockerfile(run))) return absent(run);
    const startedAt = new Date();
    let image: File;
    try {
      image = await (await imageArchive(run)).sync();
    } catch (error) {
      return recorded(run, startedAt, ['--build-failure', '/build.log'], (container) =>
        container.withNewFile('/build.log', wholeOutput(error as ToolFailure)),
      );
    }
    return recorded(run, startedAt, ['--oci-archive', '/image.tar'], (container) =>
      container.withMountedFile('/image.tar', image),
    );
  },
};

/** Whether there is an image to build at all. */
export async function hasDockerfile(run: Run): Promise<boolean> {
  return run.published !== undefined || run.source.exists(dockerfile(run));
}

/**
 * The image, whole: one OCI image layout as a tar archive, uncompressed. Its `index.json` names one manifest: the image index over all
 * platforms of the policy, also where there is only one. The digest of that index is what the record of `build` says, what scan, SBOM and
 * DAST look at, and what is pushed. The same commit gives the same bytes.
 * Rejects with the builder's words where the image can't be built; only where `hasDockerfile`.
 */
export async function imageArchive(run: Run): Promise<File> {
  if (run.published) return run.published;
  const [first, ...others] = await variants(run);
  const built = first!.asTarball({ platformVariants: others });
  const { committedAt } = await run.checkout();
  const labels = Object.entries(await imageLabels(run)).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  return gateContainer(run)
    .withMountedFile('/built.tar', built)
    .withMountedTemp('/tmp')
    .withExec(
      sluice(
        ...['image', '--from', '/built.tar', '--to', '/image.tar', ...labels],
        ...(committedAt ? ['--created', committedAt] : []),
      ),
    )
    .file('/image.tar');
}

/** What the image says of itself. Nothing in it changes unless the commit does. */
async function imageLabels(run: Run): Promise<Record<string, string>> {
  const found = await run.checkout();
  const named = revision(found);
  const { source } = run.policies.project;
  return {
    ...(named && {
      'org.opencontainers.image.revision': named,
      'org.opencontainers.image.version': await version(run),
    }),
    ...(found.committedAt && { 'org.opencontainers.image.created': found.committedAt }),
    ...(source && { 'org.opencontainers.image.source': source }),
  };
}

/** The version of the built package, and the commit: `1.4.2+3f2a9c1d5b7e`. */
async function version(run: Run): Promise<string> {
  const manifest = `${run.policies.stages['build']?.directory ?? '.'}/package.json`;
  const text = (await run.source.exists(manifest)) ? await run.source.file(manifest).contents() : '{}';
  const { version = '0.0.0' } = JSON.parse(text) as { version?: string };
  return `${version.split('+')[0]}+${(revision(await run.checkout()) ?? 'unknown').replace(/^(.{12})[0-9a-f]*/, '$1')}`;
}

/** The image of the archive for `nativePlatform`, to be started. */
export async function nativeImage(run: Run): Promise<Container> {
  return dag.container({ platform: await nativePlatform(run) }).import_(await imageArchive(run));
}

/** The machine that the engine runs on, or the archive's first platform, where it was not built for that one. */
export async function nativePlatform(run: Run): Promise<Platform> {
  const native = await dag.defaultPlatform();
  const all = platforms(run);
  return all.includes(native) ? native : all[0]!;
}

/** The platforms of the archive, in its order: `linux/amd64`. */
export function platforms(run: Run): Platform[] {
  return (run.policies.stages['build']?.platforms ?? ['linux/amd64']) as Platform[];
}

/** One container for each platform, not yet evaluated. */
async function variants(run: Run): Promise<Container[]> {
  const context = run.source.withoutDirectory('.git');
  const secrets = await buildSecrets(run);
  // The engine takes the platform that is built for as the one that builds: told otherwise, a stage "FROM --platform=$BUILDPLATFORM" needs no emulation.
  const buildArgs = [
    ...baseImages(run),
    { name: 'BUILDPLATFORM', value: await dag.defaultPlatform() },
    { name: 'VERSION', value: await version(run) },
    { name: 'COMMIT', value: revision(await run.checkout()) ?? 'unknown' },
  ];
  return platforms(run).map((platform) =>
    context.dockerBuild({ dockerfile: dockerfile(run), platform, buildArgs, secrets }),
  );
}

/** Relative to the root of the source, which is the build's context. */
export function dockerfile(run: Run): string {
  return run.policies.stages['build']?.dockerfile ?? 'Dockerfile';
}

function absent(run: Run): Directory {
  const record = {
    ...emptyRecord('build', new Date()),
    absent: `no ${dockerfile(run)} in the source; sluice.yaml names another by stages.build.dockerfile`,
  };
  return dag.directory().withNewFile('build/stage.json', JSON.stringify(record, null, 2));
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
