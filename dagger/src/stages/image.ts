/** What scan and sbom have in common: Trivy over the image that build made. */
import { dag, type Directory, type File } from '@dagger.io/dagger';
import { emptyRecord } from '../evidence.ts';
import type { Run } from '../run.ts';
import { trivyOf } from '../trivy.ts';
import { hasDockerfile, imageArchive } from './build.ts';
import { overSource, type Tool } from './stage.ts';

const archivePath = '/image.tar';

/** Runs the gate's definition of a stage over the image, on every platform that it was built for. Nothing of the image runs. */
export async function overImage(
  name: string,
  run: Run,
  attempt: string,
  further: { with?: Tool['with']; flags?: string[] } = {},
): Promise<Directory> {
  if (!(await hasDockerfile(run))) return absent(name);
  const image = await archive(run);
  const trivy = trivyOf(run);
  const { with: prepare = (container) => container, flags = [] } = further;
  return overSource(
    name,
    run,
    attempt,
    { ...trivy, with: (container) => container.with(trivy.with).with(prepare).withMountedFile(archivePath, image) },
    // Of the source nothing is read but that it is a package.
    {
      source: dag.directory().withNewFile('package.json', '{}'),
      flags: ['--oci-archive', archivePath, ...flags],
    },
  );
}

/** The builder's own words are the finding of build. */
async function archive(run: Run): Promise<File> {
  try {
    return await (await imageArchive(run)).sync();
  } catch (error) {
    throw new Error('no image to look at: build made none', { cause: error });
  }
}

function absent(name: string): Directory {
  const record = { ...emptyRecord(name, new Date()), absent: 'no image: the project has nothing for build' };
  return dag.directory().withNewFile(`${name}/stage.json`, JSON.stringify(record, null, 2));
}
