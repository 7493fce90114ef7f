/** dast: ZAP against the built image, which runs as a service with a PostgreSQL of its own. */
import { type Container, dag, type Directory, NetworkProtocol, type Service } from '@dagger.io/dagger';
import { emptyRecord } from '../evidence.ts';
import { withGate } from '../gate.ts';
import { Mistake } from '../mistake.ts';
import type { DastPolicy } from '../policy.ts';
import { databaseHost, databaseUrl, postgres, postgresVariables } from '../postgres.ts';
import { sourcePath } from '../project.ts';
import type { Run } from '../run.ts';
import { scanToken, type Token } from '../token.ts';
import { dockerfile, hasDockerfile, imageArchive, nativeImage, nativePlatform } from './build.ts';
import { byTheGate, reportsPath, type Stage } from './stage.ts';

const host = 'app';
const monitorPort = 47_110;
const supervisor = '/sluice-supervisor.cjs';
const tokenFile = '/run/dast/token';
const archivePath = '/image.tar';
/** ZAP's image has this user; Java needs its home. */
const zapUser = '1000:1000';

export const dast: Stage = {
  name: 'dast',
  async evidence(run, attempt) {
    if (!(await hasDockerfile(run))) {
      return absent(
        `there is no ${dockerfile(run)} in the source; sluice.yaml names another by stages.build.dockerfile`,
      );
    }
    const policy = run.policies.stages.dast ?? {};
    let image: Container;
    try {
      image = await (await nativeImage(run)).sync();
    } catch {
      return broken('there is no image to run: the build failed, see the stage build');
    }
    const port = policy.port ?? (await exposedPort(image));
    if (port === undefined) {
      return absent('the image exposes no port; sluice.yaml names the one it listens on by stages.dast.port');
    }
    const token = await scanToken(run);
    const target = await running(image, run, policy, token, attempt);
    const container = dag
      .container()
      .from(run.images.zap)
      .with(withGate(run))
      .withDirectory(sourcePath, await whatIsRead(run, policy), { owner: zapUser })
      .withDirectory(reportsPath, dag.directory(), { owner: zapUser })
      .withMountedFile(tokenFile, token.file, { owner: zapUser })
      // What runs and what the record names are one file.
      .withMountedFile(archivePath, await imageArchive(run))
      .withServiceBinding(host, target)
      .withEnvVariable('DAST_TARGET', `http://${host}:${port}`)
      .withEnvVariable('DAST_MONITOR', `http://${host}:${monitorPort}`)
      .withEnvVariable('DAST_TOKEN_FILE', tokenFile)
      .withEnvVariable('DAST_PLATFORM', await nativePlatform(run))
      .withUser(zapUser);
    return byTheGate('dast', run, attempt, run.images.zap, container, ['--oci-archive', archivePath]);
  },
};

/**
 * The image as a service, with the supervisor in front of its own command, and ready as soon as that one listens: the engine's own checks
 * would hide why an image crashed, or wait a quarter of an hour for one that never listens.
 */
async function running(
  image: Container,
  run: Run,
  policy: DastPolicy,
  token: Token,
  attempt: string,
): Promise<Service> {
  const [entrypoint, args, ports] = await Promise.all([image.entrypoint(), image.defaultArgs(), image.exposedPorts()]);
  const command = [...entrypoint, ...args];
  const node = /(^|\/)node$/.test(command[0] ?? '') ? command[0]! : 'node';
  const exposed = await Promise.all(
    ports.map(async (each) => ({ port: await each.port(), protocol: await each.protocol() })),
  );
  let container = exposed.reduce((each, { port, protocol }) => each.withoutExposedPort(port, { protocol }), image);
  for (const [name, value] of Object.entries({ ...postgresVariables, ...policy.environment })) {
    container = await withVariable(container, name, value, token);
  }
  const file = dag.currentModule().source().file('../gate/src/dast/supervisor.cjs');
  return (
    container
      .withoutDockerHealthcheck()
      .withMountedFile(supervisor, file)
      // A further attempt starts from an empty database, not from what the last one left.
      .withServiceBinding(databaseHost, postgres(run.images.postgres15, `dast${attempt}`))
      .withExposedPort(monitorPort, { protocol: NetworkProtocol.Tcp })
      .asService({ args: [node, supervisor, String(monitorPort), ...command] })
  );
}

/** Only what holds the token itself has to be a secret. */
async function withVariable(container: Container, name: string, value: string, token: Token): Promise<Container> {
  const text = value.replaceAll('${DATABASE_URL}', databaseUrl).replaceAll('${TOKEN_SHA256}', token.sha256);
  if (!text.includes('${TOKEN}')) return container.withEnvVariable(name, text);
  const plain = await token.file.contents();
  return container.withSecretVariable(name, dag.setSecret(`dast-${name}`, text.replaceAll('${TOKEN}', plain)));
}

/** The port that the image's PORT names, if it is exposed or nothing is; else the lowest exposed one. */
async function exposedPort(image: Container): Promise<number | undefined> {
  const ports = await Promise.all((await image.exposedPorts()).map((each) => each.port()));
  const named = Number(await image.envVariable('PORT'));
  if (named > 0 && (ports.length === 0 || ports.includes(named))) return named;
  return ports.sort((a, b) => a - b)[0];
}

/** What the stage reads of the source, made of texts, so that no edit elsewhere starts a scan. */
async function whatIsRead({ source }: Run, { seed }: DastPolicy): Promise<Directory> {
  const files = ['package.json', ...(seed ? [seed] : [])];
  if (seed && !(await source.exists(seed))) {
    throw new Mistake(`stages.dast.seed names ${seed}, which is not in the source`);
  }
  const texts = await Promise.all(files.map((file) => source.file(file).contents()));
  return files.reduce((all, file, index) => all.withNewFile(file, texts[index]!), dag.directory());
}

function absent(why: string): Directory {
  return recordOf({ absent: `no service to scan: ${why}` });
}

function broken(reason: string): Directory {
  return recordOf({ broken: reason });
}

function recordOf(what: { absent: string } | { broken: string }): Directory {
  const record = { ...emptyRecord('dast', new Date()), ...what };
  return dag.directory().withNewFile('dast/stage.json', JSON.stringify(record, null, 2));
}
