/** The gate as a folder that any container can mount: its sources, its dependencies, and a Node of its own, whatever Node the project has. */
import { type Container, dag, type Directory } from '@dagger.io/dagger';
import { downloading } from './access.ts';
import type { Tools } from './call.ts';

const home = '/sluice';

/** A command line of the gate, for a container that has it. */
export function sluice(...args: string[]): string[] {
  return [`${home}/bin/node`, `${home}/gate/src/main.ts`, ...args];
}

/** Mounts the gate. It leaves with the mount: nothing of it gets into an image. */
export function withGate(call: Tools): (container: Container) => Container {
  return (container) => container.withMountedDirectory(home, gateDirectory(call));
}

/** A container that has the gate and nothing else. */
export function gateContainer(call: Tools): Container {
  return dag.container().from(call.images.node24).with(withGate(call));
}

function gateDirectory(call: Tools): Directory {
  // The engine loads this module from dagger/; what dagger.json includes of the rest of the repository lies above it.
  const repository = dag.currentModule().source().directory('..');
  const base = dag.container().from(call.images.node24).withWorkdir(home);
  return base
    .withDirectory('.', repository, { include: ['package.json', 'package-lock.json', '*/package.json'] })
    .withEnvVariable('NPM_CONFIG_CACHE', '/cache/npm')
    .with(
      downloading(call, '/cache/npm', (container) =>
        container.withExec([
          ...['npm', 'ci', '--workspace', 'gate', '--omit', 'dev', '--omit', 'optional'],
          ...['--ignore-scripts', '--no-audit', '--no-fund'],
        ]),
      ),
    )
    .withDirectory('gate/src', repository.directory('gate/src'))
    .withDirectory('gate/rules', repository.directory('gate/rules'))
    .withFile('bin/node', base.file('/usr/local/bin/node'))
    .directory(home);
}
