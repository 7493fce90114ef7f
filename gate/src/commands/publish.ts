/** `sluice publish`: pushes an image that passed, attests and signs it, and gives it its tags. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { today } from '../dates.ts';
import { exitCodes, UsageError, type Verdict } from '../model.ts';
import { LayoutArchive } from '../oci/layout.ts';
import { parseRepository } from '../oci/reference.ts';
import { loadPolicy } from '../policy.ts';
import { packBundle } from '../release/bundle.ts';
import {
  connected,
  type Connection,
  connectionOptions,
  connectionUsage,
  readSecret,
  trustedIdentity,
} from '../release/connection.ts';
import type { Signer, Trusted } from '../release/cosign.ts';
import { type Commit, publishableCommit } from '../release/commit.ts';
import { ReleaseFailure } from '../release/failure.ts';
import { recordRelease } from '../release/ledger.ts';
import { type Published, publishRelease, type Release, sbomDigest } from '../release/publish.ts';
import { hasColours, renderTerminal } from '../render/terminal.ts';
import { pageFile, readVerdict } from '../verdict-file.ts';
import type { Command } from './command.ts';

export default {
  name: 'publish',
  summary: 'push an image that passed, attest and sign it, and tag it',
  usage: `Usage: sluice publish --repository HOST/PATH --archive FILE (--key FILE | --oidc-url-file …) [FLAGS]

Refuses with the verdict's table and exit code unless DIR/verdict.json is a passed one about exactly this image. Then, in this order: the
image by digest, the deploy bundle, SBOM, verdict and provenance as attestations, the signature, the tag of the commit, the tag latest.
A step that is done already is not done again. Prints HOST/PATH@sha256:… on standard output.

  --archive FILE           the image, an OCI layout as "sluice image" writes it
  --reports DIR            the verdict and the bills of materials        (default: reports)
  --source DIR             the repository                                (default: .)
  --policy FILE            the policy                                    (default: sluice.yaml in the repository)
  --left-out PATTERN       see "sluice checkout"
  --key FILE               cosign's private key                          --key-password-file FILE
  --oidc-url-file FILE     keyless, in GitHub Actions: where tokens are  --oidc-token-file FILE    and what asking takes
                           with --certificate-identity and --certificate-oidc-issuer: who that will be
  --allow-dirty            publish files that are no commit; never as latest
  --builder URI            who runs the build, for the provenance        (default: urn:sluice:builder:dagger)
  --ledger URL             record the release there                      --ledger-token-file FILE
  --check                  only say what would stop it before anything is judged; needs no image and no reports
${connectionUsage}

Exit codes: 0 published (also where the ledger could not be told: a warning says so), 1 refused or failed, 2 usage, 3 the verdict is broken.`,

  async run(args) {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        ...connectionOptions,
        repository: { type: 'string' },
        archive: { type: 'string' },
        reports: { type: 'string', default: 'reports' },
        source: { type: 'string', default: '.' },
        policy: { type: 'string' },
        'left-out': { type: 'string', multiple: true, default: [] },
        key: { type: 'string' },
        'key-password-file': { type: 'string' },
        'oidc-url-file': { type: 'string' },
        'oidc-token-file': { type: 'string' },
        'allow-dirty': { type: 'boolean', default: false },
        builder: { type: 'string' },
        ledger: { type: 'string' },
        'ledger-token-file': { type: 'string' },
        check: { type: 'boolean', default: false },
      },
    });
    const { repository, archive: file, reports, source } = values;
    if (!repository) throw new UsageError('publish needs --repository HOST/PATH');
    const target = parseRepository(repository);
    const signer = chosenSigner(values);
    const { project } = await loadPolicy(source, today(), values.policy);
    if (values.ledger && !project.source) {
      throw new UsageError('the ledger wants to know where the source is: name it in sluice.yaml as project.source');
    }
    const commit = publishableCommit(source, values['left-out'], values['allow-dirty']);
    if (values.check) return 0;
    if (!file) throw new UsageError('publish needs --archive FILE');

    const verdict = await readVerdict(reports);
    if (verdict.status !== 'passed') {
      const page = join(reports, pageFile);
      process.stderr.write(renderTerminal(verdict, { colours: hasColours(process.stderr), page }));
      return exitCodes[verdict.status];
    }
    if (verdict.subject.revision !== commit.revision) {
      throw new UsageError(`the verdict is about ${verdict.subject.revision}, and the source is ${commit.revision}`);
    }
    const archive = new LayoutArchive(file);
    try {
      return await connected(target, values, async (connection) => {
        judgedIsPushed(verdict, archive.top().digest);
        const { revision } = verdict.subject;
        const bundle = packBundle(source, project.bundle, { 'org.opencontainers.image.revision': revision });
        const release: Release = {
          ...{ archive, verdict, sboms: billsOfMaterials(reports), dirty: commit.revision !== commit.id },
          ...(bundle && { bundle }),
          facts: {
            commit: commit.id,
            ...(project.source && { source: project.source }),
            ...(values.builder && { builder: values.builder }),
          },
        };
        const published = await publishRelease(release, {
          ...{ registry: connection.registry, cosign: connection.cosign, scratch: connection.scratch },
          ...{ signer, trusted: await trustedBy(signer, values, connection), now: new Date() },
          progress: (line) => process.stderr.write(`sluice: ${line}\n`),
        });
        const ledger = values.ledger
          ? await toLedger(values.ledger, values['ledger-token-file'], published, archive, commit, project.source!)
          : undefined;
        print(published, ledger, values.json);
        return 0;
      });
    } finally {
      archive.close();
    }
  },
} satisfies Command;

function chosenSigner(values: {
  key?: string;
  'key-password-file'?: string;
  'oidc-url-file'?: string;
  'oidc-token-file'?: string;
  'certificate-identity'?: string;
  'transparency-log': boolean;
}): Signer {
  const {
    key,
    'key-password-file': passwordFile,
    'oidc-url-file': oidcUrlFile,
    'oidc-token-file': oidcTokenFile,
  } = values;
  if (key) return { key, ...(passwordFile && { passwordFile }) };
  if (!oidcUrlFile || !oidcTokenFile) {
    throw new UsageError('publish signs: give --key FILE, or --oidc-url-file and --oidc-token-file in GitHub Actions');
  }
  if (!values['certificate-identity']) {
    throw new UsageError(
      'a keyless signature needs --certificate-identity and --certificate-oidc-issuer: who must have signed',
    );
  }
  if (!values['transparency-log']) {
    throw new UsageError(
      'a keyless signature without the transparency log can be verified for ten minutes only: use --key',
    );
  }
  return { oidcUrlFile, oidcTokenFile };
}

async function trustedBy(
  signer: Signer,
  values: Parameters<typeof trustedIdentity>[0],
  { cosign }: Connection,
): Promise<Trusted> {
  return 'key' in signer ? { key: await cosign.publicKey(signer) } : trustedIdentity(values)!;
}

/** @throws ReleaseFailure unless the verdict is a whole one about this very image */
function judgedIsPushed(verdict: Verdict, digest: string): void {
  if (verdict.preview !== false || verdict.runner !== 'dagger') {
    throw new ReleaseFailure(
      'the verdict is a preview (a bare machine, some stages only, or only what is new): it publishes nothing',
    );
  }
  if (verdict.subject.imageDigest !== digest) {
    throw new ReleaseFailure(
      `the verdict is about the image ${verdict.subject.imageDigest ?? 'none'}, and this one is ${digest}`,
    );
  }
}

/** @throws ReleaseFailure where the stage sbom left none: a release without one could not be verified */
function billsOfMaterials(reports: string): string[] {
  const folder = join(reports, 'sbom');
  const files = existsSync(folder) ? globSync('*.cdx.json', { cwd: folder }).sort() : [];
  if (files.length === 0)
    throw new ReleaseFailure(`no bill of materials in ${folder}: the stage sbom leaves them there`);
  return files.map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** In one line what became of it. */
async function toLedger(
  url: string,
  tokenFile: string | undefined,
  { digest, verified }: Published,
  archive: LayoutArchive,
  { id, committedAt }: Commit,
  source: string,
): Promise<string> {
  const { config } = archive.images()[0]!.config;
  const failed = await recordRelease(url, tokenFile ? readSecret(tokenFile, '--ledger-token-file') : '', {
    ...{ verdict: verified.verdict!, digest, commit: id, committedAt, source },
    version: config?.Labels?.['org.opencontainers.image.version'] ?? id.slice(0, 12),
    sbomDigest: sbomDigest(verified.sboms),
  });
  if (failed === undefined) return 'recorded';
  process.stderr.write(
    `sluice: warning: published, but the ledger does not know of it: ${failed}; publish again to tell it\n`,
  );
  return failed;
}

function print(
  { reference, digest, bundleDigest, tag, latest, changed }: Published,
  ledger: string | undefined,
  json: boolean,
): void {
  const result = { reference, digest, bundleDigest, tag, latest, changed, ledger };
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${reference}\n`);
}
