/** Publishing and verifying: the gate's own commands, with cosign beside them and secrets as files that no layer keeps. */
import { randomUUID } from 'node:crypto';
import { type Container, dag, type File, type Secret } from '@dagger.io/dagger';
import type { Tools } from './call.ts';
import { gateContainer, sluice } from './gate.ts';
import { announce, judge } from './judge.ts';
import { named } from './progress.ts';
import { sourcePath } from './project.ts';
import type { Run } from './run.ts';
import { unread } from './source.ts';
import { imageArchive } from './stages/build.ts';
import { stages } from './stages/index.ts';
import { scan } from './stages/scan.ts';
import { reportsPath } from './stages/stage.ts';

/** Which registry, and whose signatures: what publishing and verifying both need. */
export interface Trust {
  username?: string;
  password?: Secret;
  transparencyLog: boolean;
  certificateIdentity?: string;
  certificateOidcIssuer?: string;
  signingConfig?: File;
  trustedRoot?: File;
  json: boolean;
}

export interface Publication extends Trust {
  repository: string;
  key?: Secret;
  keyPassword?: Secret;
  oidcUrl?: Secret;
  oidcToken?: Secret;
  allowDirty: boolean;
  builder?: string;
  ledger?: string;
  ledgerToken?: Secret;
}

export interface Verification extends Trust {
  image: string;
  key?: File;
  policyHash: string;
  maxAge: string;
  allowDirty: boolean;
}

/** Judges the source, and publishes what passed. Anything else ends the call with the verdict's table and exit code. */
export async function publish(run: Run, wanted: Publication): Promise<string> {
  const { repository, builder, ledger } = wanted;
  const secrets = new SecretFiles();
  const flags = [
    ...['--repository', repository, '--source', sourcePath, ...unread.map((pattern) => `--left-out=${pattern}`)],
    ...(wanted.allowDirty ? ['--allow-dirty'] : []),
    ...(run.policy ? ['--policy', '/policy/sluice.yaml'] : []),
    ...secrets.flag('--key', wanted.key),
    ...secrets.flag('--key-password-file', wanted.keyPassword),
    ...secrets.flag('--oidc-url-file', wanted.oidcUrl),
    ...secrets.flag('--oidc-token-file', wanted.oidcToken),
    ...(builder ? ['--builder', builder] : []),
    ...(ledger ? ['--ledger', ledger] : []),
    ...secrets.flag('--ledger-token-file', wanted.ledgerToken),
    ...trustFlags(wanted, secrets),
  ];
  const sources = (container: Container): Container => {
    const mounted = container.withMountedDirectory(sourcePath, run.source);
    return run.policy ? mounted.withMountedFile('/policy/sluice.yaml', run.policy) : mounted;
  };
  // Before half an hour of stages, not after. Left uncaught: its exit code 2 and its words are the call's.
  await gateContainer(run)
    .with(sources)
    .withExec(sluice('publish', '--check', ...flags))
    .sync();
  const judged = await judge(run, stages);
  const verdict = JSON.parse(await judged.file(`${reportsPath}/verdict.json`).contents()) as { status: string };
  if (verdict.status !== 'passed') return announce(judged, 'dagger call reports export --path reports');

  const image = await imageArchive(run);
  return named('publish', () =>
    releaser(run)
      .with(sources)
      .withMountedDirectory(reportsPath, judged.directory(reportsPath))
      .withMountedFile('/image.tar', image)
      .with(trustFiles(wanted))
      .with((container) => secrets.mountedIn(container))
      .withExec(sluice('publish', '--archive', '/image.tar', '--reports', reportsPath, ...flags))
      .stdout(),
  );
}

/** Every check of a published image, one line each. Ends the call with exit code 1 where one does not hold. */
export function verify(tools: Tools, wanted: Verification): Promise<string> {
  return named('verify', () => verified(tools, wanted).stdout());
}

/** A release that was found to be one, as `deploy` needs it. */
export interface Release {
  /** HOST/PATH@sha256:… */
  image: string;
  /** Digest of the deploy bundle, in the same repository. */
  bundle?: string;
  commit: string;
  /** SHA-256 of the verdict as it was signed, hex. */
  verdict: string;
  /** SHA-256 of the policy, hex. */
  policy: string;
}

/** What was verified. Where a check does not hold the call ends with exit code 1 and every check in its output: never catch that. */
export function verifiedRelease(tools: Tools, wanted: Verification): Promise<Release> {
  return named('verify', async () => {
    const text = await verified(tools, wanted).file('/verified.json').contents();
    return (JSON.parse(text) as { release: Release }).release;
  });
}

function verified(tools: Tools, wanted: Verification): Container {
  const { image, key, policyHash, maxAge, allowDirty } = wanted;
  const secrets = new SecretFiles();
  const command = sluice(
    ...['verify', '--image', image, '--policy', policyHash, '--max-age', maxAge, '--to', '/verified.json'],
    ...(key ? ['--key', '/release/cosign.pub'] : []),
    ...(allowDirty ? ['--allow-dirty'] : []),
    ...trustFlags(wanted, secrets),
  );
  return releaser(tools)
    .with((container) => (key ? container.withMountedFile('/release/cosign.pub', key) : container))
    .with(trustFiles(wanted))
    .with((container) => secrets.mountedIn(container))
    .withExec(command);
}

export interface Rescan {
  image: string;
  username?: string;
  password?: Secret;
}

/** Judges a published image as the stage scan does, with the database and the policy of today. Ends with the verdict's exit code. */
export async function rescan(run: Run, { image, username, password }: Rescan): Promise<string> {
  const secrets = new SecretFiles();
  const command = sluice(
    ...['pull', '--image', image, '--to', '/image.tar'],
    ...(username ? ['--username', username] : []),
    ...secrets.flag('--password-file', password),
  );
  const pulled = releaser(run)
    .with((container) => secrets.mountedIn(container))
    .withExec(command);
  const name = await named('pull', () => pulled.stdout());
  const judged = await judge({ ...run, published: pulled.file('/image.tar') }, [scan]);
  return `${name}${await announce(judged)}`;
}

/** The gate with cosign, which no earlier call's answer can stand in for. What it writes to /tmp is in no layer. */
function releaser(tools: Tools): Container {
  const cosign = dag.container().from(tools.images.cosign);
  const roots = '/etc/ssl/certs/ca-certificates.crt';
  return (
    gateContainer(tools)
      .withMountedFile('/release/cosign', cosign.file('/ko-app/cosign'))
      .withMountedFile('/release/roots.crt', cosign.file(roots))
      .withEnvVariable('SSL_CERT_FILE', '/release/roots.crt')
      .with((container) =>
        tools.caCertificates
          ? container
              .withMountedFile('/release/ca/extra.pem', tools.caCertificates)
              .withEnvVariable('SSL_CERT_DIR', '/release/ca')
              .withEnvVariable('NODE_EXTRA_CA_CERTS', '/release/ca/extra.pem')
          : container,
      )
      .withMountedTemp('/tmp')
      // Where the engine goes through a proxy, so do we.
      .withEnvVariable('NODE_USE_ENV_PROXY', '1')
      .withEnvVariable('SLUICE_CALL', randomUUID())
  );
}

function trustFlags(
  { username, password, transparencyLog, certificateIdentity, certificateOidcIssuer, ...rest }: Trust,
  secrets: SecretFiles,
): string[] {
  return [
    ...['--cosign', '/release/cosign'],
    ...(username ? ['--username', username] : []),
    ...secrets.flag('--password-file', password),
    ...(transparencyLog ? [] : ['--no-transparency-log']),
    ...(certificateIdentity ? ['--certificate-identity', certificateIdentity] : []),
    ...(certificateOidcIssuer ? ['--certificate-oidc-issuer', certificateOidcIssuer] : []),
    ...(rest.signingConfig ? ['--signing-config', '/release/signing-config.json'] : []),
    ...(rest.trustedRoot ? ['--trusted-root', '/release/trusted-root.json'] : []),
    ...(rest.json ? ['--json'] : []),
  ];
}

function trustFiles({ signingConfig, trustedRoot }: Trust): (container: Container) => Container {
  return (container) => {
    if (signingConfig) container = container.withMountedFile('/release/signing-config.json', signingConfig);
    return trustedRoot ? container.withMountedFile('/release/trusted-root.json', trustedRoot) : container;
  };
}

/** Secrets that a command reads from files. */
class SecretFiles {
  private readonly files: { path: string; secret: Secret }[] = [];

  /** The flag with the path of its file; nothing where there is no secret. */
  flag(name: string, secret: Secret | undefined): string[] {
    if (!secret) return [];
    const path = `/run/secrets/${name.slice(2)}`;
    this.files.push({ path, secret });
    return [name, path];
  }

  mountedIn(container: Container): Container {
    return this.files.reduce((each, { path, secret }) => each.withMountedSecret(path, secret), container);
  }
}
