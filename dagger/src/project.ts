/** The container in which a project's own tools run: its Node, its dependencies, its source, in layers of falling age. */
import { type Container, dag, type Directory } from '@dagger.io/dagger';
import { downloading } from './access.ts';
import type { Call } from './call.ts';
import { nodeImage } from './node-version.ts';
import { installInputs, installManifest, installScripts, packageManager, programs } from './package-manager.ts';
import { named } from './progress.ts';

/** Where the source lies in every container. */
export const sourcePath = '/src';

export interface Project {
  /** As tag@digest. */
  image: string;
  container: Container;
}

/**
 * The project, installed. Rejects when the installation fails; a failure is no cached result, so the next call tries again.
 * @throws Mistake where no image has the project's Node
 */
export async function installedProject(call: Call): Promise<Project> {
  const { source } = call;
  const files = await source.entries();
  const text = async (file: string): Promise<string | undefined> =>
    files.includes(file) ? await source.file(file).contents() : undefined;
  const packageJson = (await text('package.json'))!;
  const { engines } = JSON.parse(packageJson) as { engines?: { node?: string } };
  const image =
    call.images[
      nodeImage({ nvmrc: await text('.nvmrc'), nodeVersion: await text('.node-version'), engines: engines?.node })
    ];
  const manager = packageManager(files, await text('yarn.lock'));

  const installed = dag
    .container()
    .from(image)
    .withEnvVariable('CI', 'true')
    .withWorkdir(sourcePath)
    .withDirectory('.', await manifests(source))
    .with(
      downloading(call, manager.cache, (container) =>
        Object.entries(manager.environment)
          .reduce((each, [name, value]) => each.withEnvVariable(name, value), container)
          .withExec(manager.install),
      ),
    );
  const container = installScripts(packageJson).reduce(
    (each, script) => each.withExec([manager.name, 'run', script]),
    installed.withDirectory('.', source, { exclude: ['.git', 'sluice.yaml'] }),
  );
  return { image, container: await named('install', () => container.sync()) };
}

/**
 * What an installation reads, and nothing that changes with every edit: programs of workspaces are empty here. Made of texts, so that the
 * engine knows it by its content: a directory filtered from the source is another one after each edit, and would install again.
 */
async function manifests(source: Directory): Promise<Directory> {
  const found = await Promise.all(['**/package.json', ...installInputs].map((pattern) => source.glob(pattern)));
  const paths = found.flat().filter((path) => !path.endsWith('/'));
  const texts = await Promise.all(paths.map((path) => source.file(path).contents()));
  const files = paths.flatMap((path, index) => {
    const text = texts[index]!;
    if (!path.endsWith('package.json')) return [{ path, text, permissions: 0o644 }];
    return [
      { path, text: installManifest(text), permissions: 0o644 },
      ...programs(text, path).map((program) => ({ path: program, text: '', permissions: 0o755 })),
    ];
  });
  return files.reduce(
    (directory, { path, text, permissions }) => directory.withNewFile(path, text, { permissions }),
    dag.directory(),
  );
}
