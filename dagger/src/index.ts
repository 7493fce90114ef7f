/**
 * Sluice: from the source of a NestJS service to one verdict that is true.
 *
 * Every stage leaves evidence and decides nothing; the gate makes one verdict of the evidence. Exit codes: 0 passed, 1 failed,
 * 2 usage or policy error, 3 broken (there is no trustworthy evidence).
 */
import {
  argument,
  check,
  type Container,
  dag,
  type Directory,
  type File,
  func,
  object,
  type Secret,
  type Socket,
} from '@dagger.io/dagger';
import { imagesOf, openCall, refuse, type Settings, type Tools } from './call.ts';
import { callHost, checkReach, type Reach, stateDirectory, withBundle } from './deploy/client.ts';
import { actorOf, parseSeconds } from './deploy/target.ts';
import { announce, judge } from './judge.ts';
import { Mistake } from './mistake.ts';
import { publish, rescan, verifiedRelease, verify } from './release.ts';
import { type Run, startRun } from './run.ts';
import { selfTest } from './self-test.ts';
import { unread } from './source.ts';
import { imageArchive, nativeImage } from './stages/build.ts';
import { config } from './stages/config.ts';
import { dast } from './stages/dast.ts';
import { deps } from './stages/deps.ts';
import { stages } from './stages/index.ts';
import { lint } from './stages/lint.ts';
import { sast } from './stages/sast.ts';
import { sbom } from './stages/sbom.ts';
import { scan } from './stages/scan.ts';
import { secrets } from './stages/secrets.ts';
import { reportsPath, type Stage } from './stages/stage.ts';
import { test } from './stages/test.ts';
import { typecheck } from './stages/typecheck.ts';

/** What prune, mend and setup hand to the host where they offer no choice: they belong to no environment and wait for nobody. */
const upkeep = { environment: 'unknown', wait: 0, breakLock: false, dryRun: false };

@object()
export class Sluice {
  // Assigned in the constructor's body: the engine loses the state of parameter properties.
  private mirror?: string;
  private images?: File;
  private npmrc?: Secret;
  private caCertificates?: File;
  private vulnerabilityDb?: string;
  private vulnerabilityDbArchive?: File;
  private vulnerabilityDbCredentials?: Secret;

  constructor(
    /** The registry that serves the built-in images by the same digests: a host, with a path if need be ("harbor.example/docker-hub"). Default: the registries that the images name. */
    mirror?: string,
    /** A JSON object that replaces single images, each pinned by digest: {"node24": "registry.example/node:24@sha256:…"}. Default: none. */
    images?: File,
    /** An .npmrc for private registries; mounted while dependencies are installed, in no layer. Default: none. */
    npmrc?: Secret,
    /** Certificates (PEM) that package managers trust beside the usual ones. Default: none. */
    caCertificates?: File,
    /** The repository of the vulnerability database, HOST/NAME:TAG; http:// before it where it speaks no TLS. Default: Trivy's own, or the same below the mirror. */
    vulnerabilityDb?: string,
    /** The vulnerability database as a tar archive of trivy.db and metadata.json. Default: a repository. */
    vulnerabilityDbArchive?: File,
    /** "user:password" for the repository of the vulnerability database. Default: nobody. */
    vulnerabilityDbCredentials?: Secret,
  ) {
    this.mirror = mirror;
    this.images = images;
    this.npmrc = npmrc;
    this.caCertificates = caCertificates;
    this.vulnerabilityDb = vulnerabilityDb;
    this.vulnerabilityDbArchive = vulnerabilityDbArchive;
    this.vulnerabilityDbCredentials = vulnerabilityDbCredentials;
  }

  /**
   * Runs every stage and gives the verdict: a table of the stages, and how to get the reports. Ends with the verdict's exit code.
   * The answer holds for an hour; a verdict that is not `passed` is never answered from before.
   */
  @func({ cache: '1h' })
  ci(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
    /** The base branch's sluice.sarif: findings are marked new or known, and with `block: new` in the policy only new ones block. Default: none, everything blocks. */
    base?: File,
  ): Promise<string> {
    return this.verdict(stages, source, policy, { base, reportsBy: 'dagger call reports export --path reports' });
  }

  /**
   * Runs every stage and returns all that they and the gate wrote: the tools' reports, verdict.json, summary.md, index.html.
   * Always returns, whatever failed. Asked afresh at each call, so that a stage that broke is tried again.
   */
  @func({ cache: 'never' })
  reports(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
    /** The base branch's sluice.sarif: findings are marked new or known, and with `block: new` in the policy only new ones block. Default: none, everything blocks. */
    base?: File,
  ): Promise<Directory> {
    return this.run(source, policy, async (run) => (await judge(run, stages, base)).directory(reportsPath));
  }

  /** Runs ESLint by the project's script "lint", and judges that alone. */
  @func({ cache: '1h' })
  @check()
  lint(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([lint], source, policy);
  }

  /** Runs tsc by the project's script "typecheck", or over its tsconfig.json, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  typecheck(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([typecheck], source, policy);
  }

  /** Runs Jest by the project's script "test", with a PostgreSQL 15 at DATABASE_URL, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  test(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([test], source, policy);
  }

  /** Runs Sluice's own security rules over the source, and judges that alone. None of the project's code runs. */
  @func({ cache: '1h' })
  @check()
  sast(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([sast], source, policy);
  }

  /** Compares what the lockfile names with the vulnerability database of today, by Trivy, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  deps(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([deps], source, policy);
  }

  /** Looks for secrets in every file, documentation and tests included, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  secrets(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([secrets], source, policy);
  }

  /** Looks for misconfiguration of Dockerfiles, Kubernetes manifests and Compose files, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  config(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([config], source, policy);
  }

  /**
   * Builds the image by the project's Dockerfile, for every platform of the policy, and returns it as one OCI layout:
   * `dagger call build export --path image.tar`. It is what is judged and what is published.
   */
  @func({ cache: '1h' })
  @check()
  build(
    /** The repository to build. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that names Dockerfile and platforms. Default: sluice.yaml in the source, else ./Dockerfile for linux/amd64. */
    policy?: File,
  ): Promise<File> {
    return this.run(source, policy, imageArchive);
  }

  /** The same image for the engine's own platform, to start it or to hand it to Docker: `dagger call image export-image --name app:dev`. */
  @func({ cache: '1h' })
  image(
    /** The repository to build. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that names Dockerfile and platforms. Default: sluice.yaml in the source, else ./Dockerfile for linux/amd64. */
    policy?: File,
  ): Promise<Container> {
    return this.run(source, policy, nativeImage);
  }

  /** Compares the packages in the built image with the vulnerability database of today, by Trivy, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  scan(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([scan], source, policy);
  }

  /** Lists what is in the built image (CycloneDX, by Trivy), and judges that alone: an empty list is no list. */
  @func({ cache: '1h' })
  @check()
  sbom(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([sbom], source, policy);
  }

  /** Runs ZAP against the built image, with a PostgreSQL 15, by the image's own OpenAPI document, and judges that alone. */
  @func({ cache: '1h' })
  @check()
  dast(
    /** The repository to judge. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
  ): Promise<string> {
    return this.verdict([dast], source, policy);
  }

  /**
   * Brings a verified release to a host, or leaves the host as it was: verify, preflight, lock, stage, backup, migrate, start, switch, bake,
   * drain, prove. The steps run on the host and outlive the connection. Exit codes: 0 it runs, proved by digest; 1 refused or failed, the old
   * version serves, proved by digest; 2 a mistake in the call; 3 the host needs a person; 4 it could not be reached.
   */
  @func({ cache: 'never' })
  deploy(
    /** The image: HOST/PATH@sha256:DIGEST; a tag is resolved once. Default: none, it must be given. */
    image: string,
    /** Where to: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** SHA-256 of the policy that must have decided, as the environment says, not the checkout; "any" accepts every one. Default: none, it must be given. */
    policyHash: string,
    /** The public key whose signatures count. Default: keyless, by identity and issuer. */
    key?: File,
    /** Keyless: whom the certificate must name. Default: a key. */
    certificateIdentity?: string,
    /** Keyless: who vouches for that. GitHub: https://token.actions.githubusercontent.com. Default: nobody. */
    certificateOidcIssuer?: string,
    /** How old the verdict may be, in days; "any" for any age. Default: 30. */
    maxAge: string = '30',
    /** Demand that signatures are in the transparency log. Default: true. */
    transparencyLog: boolean = true,
    /** What a private Sigstore is trusted by (cosign's trusted root). Default: the public one. */
    trustedRoot?: File,
    /** The user of the registry, for verifying and for the host's pull. Default: nobody. */
    username?: string,
    /** The user's password or token. Default: none. */
    password?: Secret,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** The environment that the host is, for the record. Default: production. */
    environment: string = 'production',
    /** Who does it, for the lock, the record and the audit log. Default: the user of the target. */
    actor: string = '',
    /** How long to watch 5xx and latency after the switch, such as 15s or 2m. Default: 15s. */
    bake: string = '15s',
    /** How long the migrations may take. Default: 2m. */
    migrateTimeout: string = '2m',
    /** How long to wait for somebody else's work on the host to end. Default: 0s. */
    wait: string = '0s',
    /** Make Nginx or PostgreSQL anew where their definition changed, which users notice for some seconds. Default: no. */
    allowInterruption: boolean = false,
    /** End somebody else's work that hangs; what it began is undone. Default: no. */
    breakLock: boolean = false,
    /** Only say what would happen, with the real state of the host. Default: no. */
    dryRun: boolean = false,
    /** Answer with one line of JSON. Default: no. */
    asJson: boolean = false,
    /** Where the state lies on the host. Default: /var/lib/sluice. */
    directory: string = stateDirectory,
  ): Promise<string> {
    const trust = { key, certificateIdentity, certificateOidcIssuer, transparencyLog, trustedRoot, username, password };
    const reach = { target, sshKey, knownHosts, docker, directory };
    return reporting(async () => {
      // Mistakes in the call before anything is asked.
      checkReach(reach);
      const wanted = {
        action: 'deploy',
        environment,
        actor: actorOf(actor, target),
        bake: parseSeconds(bake, 'bake'),
        migrate: parseSeconds(migrateTimeout, 'migrate-timeout'),
        wait: parseSeconds(wait, 'wait'),
        interrupt: allowInterruption,
        breakLock,
        dryRun,
        json: asJson,
        registryUsername: username,
      };
      const tools = await this.tools();
      const verification = { image, policyHash, maxAge, allowDirty: false, ...trust, json: false };
      const release = withBundle(await verifiedRelease(tools, verification));
      return callHost(tools.images, reach, { ...wanted, release }, password);
    });
  }

  /**
   * Goes back to the release before, or to a named one, with what the host keeps: no registry is asked, and no age limit holds.
   * Refused across a migration that took something away, unless forced. Ends as deploy does.
   */
  @func({ cache: 'never' })
  rollback(
    /** Where to: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** Digest of the image to go back to: sha256:…. Default: the newest release before the current one that nobody went back from. */
    to?: string,
    /** The environment that the host is, for the record. Default: production. */
    environment: string = 'production',
    /** Who does it, for the lock, the record and the audit log. Default: the user of the target. */
    actor: string = '',
    /** Go back also across a migration that took something away. Default: no. */
    force: boolean = false,
    /** How long to watch after the switch, such as 15s or 2m. Default: 0s. */
    bake: string = '0s',
    /** How long to wait for somebody else's work on the host to end. Default: 0s. */
    wait: string = '0s',
    /** End somebody else's work that hangs; what it began is undone. Default: no. */
    breakLock: boolean = false,
    /** Only say what would happen. Default: no. */
    dryRun: boolean = false,
    /** Answer with one line of JSON. Default: no. */
    asJson: boolean = false,
    /** Where the state lies on the host. Default: /var/lib/sluice. */
    directory: string = stateDirectory,
  ): Promise<string> {
    return this.onHost({ target, sshKey, knownHosts, docker, directory }, () => ({
      action: 'rollback',
      to,
      environment,
      actor: actorOf(actor, target),
      force,
      bake: parseSeconds(bake, 'bake'),
      wait: parseSeconds(wait, 'wait'),
      breakLock,
      dryRun,
      json: asJson,
    }));
  }

  /**
   * Says what runs on a host, since when, by whom, and whether that is what its record says; who holds the lock; what a crash left.
   * Ends with 1 where record and host differ or something is unfinished.
   */
  @func({ cache: 'never' })
  status(
    /** Which host: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** Answer with one line of JSON. Default: no. */
    asJson: boolean = false,
    /** Where the state lies on the host. Default: /var/lib/sluice. */
    directory: string = stateDirectory,
  ): Promise<string> {
    const reach = { target, sshKey, knownHosts, docker, directory };
    return this.onHost(reach, () => ({ action: 'status', actor: actorOf('', target), json: asJson }));
  }

  /** Forgets old releases on a host: their files and images. What runs and what stands by for a rollback always stays. */
  @func({ cache: 'never' })
  prune(
    /** Which host: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** How many releases to keep beside the current one. Default: 5. */
    keep: number = 5,
    /** Who does it, for the lock and the audit log. Default: the user of the target. */
    actor: string = '',
    /** Only say what would happen. Default: no. */
    dryRun: boolean = false,
    /** Answer with one line of JSON. Default: no. */
    asJson: boolean = false,
    /** Where the state lies on the host. Default: /var/lib/sluice. */
    directory: string = stateDirectory,
  ): Promise<string> {
    return this.onHost({ target, sshKey, knownHosts, docker, directory }, () => ({
      ...upkeep,
      action: 'prune',
      actor: actorOf(actor, target),
      keep,
      dryRun,
      json: asJson,
    }));
  }

  /** Brings a host to rest after a crash: what was cut off is undone or finished, and the recorded release serves, proved by digest. */
  @func({ cache: 'never' })
  mend(
    /** Which host: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** Who does it, for the lock and the audit log. Default: the user of the target. */
    actor: string = '',
    /** End somebody else's work that hangs; what it began is undone. Default: no. */
    breakLock: boolean = false,
    /** Answer with one line of JSON. Default: no. */
    asJson: boolean = false,
    /** Where the state lies on the host. Default: /var/lib/sluice. */
    directory: string = stateDirectory,
  ): Promise<string> {
    return this.onHost({ target, sshKey, knownHosts, docker, directory }, () => ({
      ...upkeep,
      action: 'mend',
      actor: actorOf(actor, target),
      breakLock,
      json: asJson,
    }));
  }

  /**
   * Makes an empty Linux host ready for the first deploy: Docker, the user's group, the directory of the state, the settings, and a systemd
   * unit that brings the stack to rest after a reboot. Needs root there, by sudo without a password. May be repeated.
   */
  @func({ cache: 'never' })
  setup(
    /** Which host: ssh://USER@HOST[:PORT], or local for the machine that lends its Docker socket. Default: none, it must be given. */
    target: string,
    /** The private key for SSH: file:PATH or env:NAME. Default: none; needed for ssh://. */
    sshKey?: Secret,
    /** The host keys that are believed, no others, as ssh-keyscan writes them. Default: none; needed for ssh://. */
    knownHosts?: File,
    /** Docker's socket for the target local: unix:///var/run/docker.sock. Default: none. */
    docker?: Socket,
    /** The host's settings: lines of NAME=VALUE, explained in compose/.env.example; replaces those that lie there. Default: those stay. */
    settings?: File,
    /** Who does it, for the lock and the audit log. Default: the user of the target. */
    actor: string = '',
  ): Promise<string> {
    return this.onHost({ target, sshKey, knownHosts, docker, directory: stateDirectory, setup: true }, async () => ({
      ...upkeep,
      action: 'setup',
      actor: actorOf(actor, target),
      json: false,
      settings: await settings?.contents(),
    }));
  }

  /**
   * Judges the source and publishes the image if the verdict is `passed`: the image by digest, deploy bundle, SBOM, verdict and provenance as
   * attestations, signature, the commit's tag, `latest`. Gives HOST/PATH@sha256:…. A commit that is published already stays as it is.
   * Exit codes: the verdict's where it did not pass; 1 where publishing failed; 2 for files that are no commit.
   */
  @func({ cache: 'never' })
  publish(
    /** The repository to publish. Default: the one that the module lies in. */
    @argument({ defaultPath: '/', ignore: unread }) source: Directory,
    /** Where the image goes: HOST/PATH; http:// before it allows plain HTTP. */
    repository: string,
    /** The policy that decides. Default: sluice.yaml in the source, else the gate's defaults. */
    policy?: File,
    /** The user of the registry. Default: nobody. */
    username?: string,
    /** The user's password or token. Default: none. */
    password?: Secret,
    /** Private key of cosign. Default: keyless, by oidcUrl and oidcToken. */
    key?: Secret,
    /** What opens the key. Default: nothing. */
    keyPassword?: Secret,
    /** Keyless in GitHub Actions: env://ACTIONS_ID_TOKEN_REQUEST_URL. Default: a key. */
    oidcUrl?: Secret,
    /** Keyless in GitHub Actions: env://ACTIONS_ID_TOKEN_REQUEST_TOKEN. Default: a key. */
    oidcToken?: Secret,
    /** Keyless: whom the certificate must name, which is the workflow's address with its ref. Default: nobody. */
    certificateIdentity?: string,
    /** Keyless: who vouches for that. GitHub: https://token.actions.githubusercontent.com. Default: nobody. */
    certificateOidcIssuer?: string,
    /** Enter signatures into the transparency log. With --transparency-log=false nothing outside is asked, and a key is needed. Default: true. */
    transparencyLog: boolean = true,
    /** Services of a private Sigstore (cosign's signing config). Default: the public ones. */
    signingConfig?: File,
    /** What a private Sigstore is trusted by (cosign's trusted root). Default: the public one. */
    trustedRoot?: File,
    /** Publish files that are no commit; they never become `latest`. Default: false. */
    allowDirty: boolean = false,
    /** Who runs the build, for the provenance: a URI such as the workflow's address. Default: urn:sluice:builder:dagger. */
    builder?: string,
    /** The release ledger that is told of it: a URL. A ledger that can't be told is a warning: the release is published. Default: none. */
    ledger?: string,
    /** Its token, with the scope releases:write. Default: none. */
    ledgerToken?: Secret,
    /** Give the result as JSON. Default: false. */
    asJson: boolean = false,
  ): Promise<string> {
    const signature = { key, keyPassword, oidcUrl, oidcToken, certificateIdentity, certificateOidcIssuer };
    const trust = { username, password, transparencyLog, signingConfig, trustedRoot, json: asJson };
    return this.run(source, policy, (run) =>
      publish(run, { repository, ...signature, ...trust, allowDirty, builder, ledger, ledgerToken }),
    );
  }

  /**
   * Checks a published image: signature, verdict, policy, age, revision, SBOM, provenance, deploy bundle; one line each. Exit code 0 only if all
   * hold. A tag is resolved once, and the digest is printed.
   */
  @func({ cache: 'never' })
  verify(
    /** HOST/PATH@sha256:DIGEST; http:// before it allows plain HTTP. */
    image: string,
    /** SHA-256 of the policy that must have decided, as the environment says, not the checkout; "any" accepts every one. */
    policyHash: string,
    /** The public key whose signatures count. Default: keyless, by identity and issuer. */
    key?: File,
    /** Keyless: whom the certificate must name. Default: a key. */
    certificateIdentity?: string,
    /** Keyless: who vouches for that. GitHub: https://token.actions.githubusercontent.com. Default: nobody. */
    certificateOidcIssuer?: string,
    /** How old the verdict may be, in days; "any" for any age. Default: 30. */
    maxAge: string = '30',
    /** Demand that signatures are in the transparency log. Default: true. */
    transparencyLog: boolean = true,
    /** What a private Sigstore is trusted by (cosign's trusted root). Default: the public one. */
    trustedRoot?: File,
    /** Accept a release of files that are no commit. Default: false. */
    allowDirty: boolean = false,
    /** The user of the registry. Default: nobody. */
    username?: string,
    /** The user's password or token. Default: none. */
    password?: Secret,
    /** Give the result as JSON. Default: false. */
    asJson: boolean = false,
  ): Promise<string> {
    const trust = {
      username,
      password,
      transparencyLog,
      trustedRoot,
      certificateIdentity,
      certificateOidcIssuer,
      json: asJson,
    };
    return reporting(async () => verify(await this.tools(), { image, policyHash, key, maxAge, allowDirty, ...trust }));
  }

  /**
   * Judges a published image again, with the vulnerability database and the policy of today: a good image rots. For a nightly job; ends with the
   * verdict's exit code. Looks at the image itself, on all its platforms; whether it may be trusted is asked by verify.
   */
  @func({ cache: 'never' })
  rescan(
    /** HOST/PATH@sha256:DIGEST; http:// before it allows plain HTTP. */
    image: string,
    /** The policy that decides. Default: the gate's defaults. */
    policy?: File,
    /** The user of the registry. Default: nobody. */
    username?: string,
    /** The user's password or token. Default: none. */
    password?: Secret,
  ): Promise<string> {
    const nothing = dag
      .directory()
      .withNewFile('package.json', JSON.stringify({ name: image.replace(/^https?:\/\//, '') }));
    return this.run(nothing, policy, (run) => rescan(run, { image, username, password }));
  }

  /**
   * Shows that every gate bites: each stage runs on a known-bad project, which must come out failed for the right reason, on a known-good
   * one, passed, and on one whose tool does not do its work, broken. Gives a table; ends with exit code 1 where a gate did not bite.
   */
  @func({ cache: 'never' })
  selfTest(
    /** Only these stages. Default: all. */
    stages: string[] = [],
  ): Promise<string> {
    return reporting(() => selfTest(this.settings(), stages));
  }

  /** Makes a request and hands it to a host; a user's mistake is one line and exit code 2. */
  private onHost(reach: Reach, request: () => object | Promise<object>): Promise<string> {
    return reporting(async () => callHost((await this.tools()).images, reach, await request()));
  }

  private verdict(
    stages: Stage[],
    source: Directory,
    policy?: File,
    { base, reportsBy }: { base?: File; reportsBy?: string } = {},
  ): Promise<string> {
    return this.run(source, policy, async (run) => announce(await judge(run, stages, base), reportsBy));
  }

  /** Opens a call and works with it; a user's mistake is one line and exit code 2. */
  private run<T>(source: Directory, policy: File | undefined, work: (run: Run) => Promise<T>): Promise<T> {
    return reporting(async () => work(await startRun(await openCall(this.settings(), source, policy))));
  }

  /** What work needs that judges no source. */
  private async tools(): Promise<Tools> {
    const { mirror, images, npmrc, caCertificates } = this;
    return { images: await imagesOf({ mirror, images }), npmrc, caCertificates };
  }

  private settings(): Settings {
    const { mirror, images, npmrc, caCertificates } = this;
    const database = {
      reference: this.vulnerabilityDb,
      archive: this.vulnerabilityDbArchive,
      credentials: this.vulnerabilityDbCredentials,
    };
    return { mirror, images, npmrc, caCertificates, database };
  }
}

/** Turns a user's mistake into one line and exit code 2. */
async function reporting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Mistake) refuse(error);
    throw error;
  }
}
