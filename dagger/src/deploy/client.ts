/** Calls a host: the client's script in a container that has Docker's command line and SSH. What it prints and its exit code are the call's. */
import { type Container, dag, type File, type Secret, type Socket } from '@dagger.io/dagger';
import type { ImageTable } from '../images.ts';
import { Mistake } from '../mistake.ts';
import type { Release } from '../release.ts';
import { parseTarget, type Target, targetWords } from './target.ts';

/** How to reach a host, as every function that does so takes it. */
export interface Reach {
  target: string;
  sshKey?: Secret;
  knownHosts?: File;
  docker?: Socket;
  directory: string;
  /** Install first what the host lacks. */
  setup?: boolean;
}

/** Where the state lies on a host unless told otherwise. */
export const stateDirectory = '/var/lib/sluice';

const program = '/deploy';

/**
 * Hands a request to the host's supervisor and follows it to its end.
 * @throws Mistake where the target and the means to reach it do not fit
 */
export function callHost(
  images: ImageTable,
  reach: Reach,
  request: object,
  registryPassword?: Secret,
): Promise<string> {
  return client(images, reach)
    .withNewFile('/run/request.json', `${JSON.stringify(request)}\n`)
    .with((container) =>
      registryPassword ? container.withMountedSecret('/run/registry-password', registryPassword) : container,
    )
    .withExec([
      'sh',
      '-c',
      `{ cat /run/request.json; cat /run/registry-password 2> /dev/null; } | sh ${program}/client.sh`,
    ])
    .stdout();
}

/**
 * Looks at what the caller gave before anything is asked.
 * @throws Mistake where the target and the means to reach it do not fit
 */
export function checkReach({ target: text, sshKey, knownHosts, docker, directory }: Reach): Target {
  const target = parseTarget(text);
  if (!/^\/[A-Za-z0-9._/-]+$/.test(directory)) throw new Mistake(`--directory is "${directory}": an absolute path`);
  if (target.kind === 'local' && !docker) {
    throw new Mistake('--target local needs --docker unix:///var/run/docker.sock');
  }
  if (target.kind === 'ssh' && !(sshKey && knownHosts)) {
    throw new Mistake(
      '--target ssh://… needs --ssh-key file:PATH and --known-hosts PATH: a host that is not known is not believed',
    );
  }
  return target;
}

/** What a host needs beside the image comes with the release. @throws Mistake where it has none */
export function withBundle(release: Release): Release {
  if (release.bundle) return release;
  throw new Mistake(
    `${release.image} has no deploy bundle: name its files by project.bundle in sluice.yaml, and publish again`,
  );
}

/** The container of the client, with all that it needs to reach the host. Nothing in it is ever answered from the cache. */
function client(images: ImageTable, reach: Reach): Container {
  const { sshKey, knownHosts, docker, directory, setup } = reach;
  const target = checkReach(reach);
  return dag
    .container()
    .from(images.dockerCli)
    .withMountedDirectory(program, dag.currentModule().source().directory('../deploy'))
    .withEnvVariable('SLUICE_RUN', crypto.randomUUID())
    .withEnvVariable('SLUICE_TARGET', targetWords(target))
    .withEnvVariable('SLUICE_ROOT', directory)
    .withEnvVariable('SLUICE_SETUP', setup ? 'yes' : '')
    .withEnvVariable('SLUICE_NODE_IMAGE', images.node24)
    .withEnvVariable('SLUICE_TOOLS_IMAGE', images.dockerCli)
    .with((container) => (docker ? withSocket(container, docker) : container))
    .with((container) => (sshKey && knownHosts ? withKeys(container, sshKey, knownHosts) : container));
}

function withSocket(container: Container, docker: Socket): Container {
  const path = '/var/run/docker.sock';
  return container.withUnixSocket(path, docker).withEnvVariable('DOCKER_HOST', `unix://${path}`);
}

function withKeys(container: Container, sshKey: Secret, knownHosts: File): Container {
  return container
    .withMountedSecret('/run/ssh-key', sshKey)
    .withMountedFile('/run/known-hosts', knownHosts)
    .withEnvVariable('SLUICE_SSH_KEY', '/run/ssh-key')
    .withEnvVariable('SLUICE_KNOWN_HOSTS', '/run/known-hosts');
}
