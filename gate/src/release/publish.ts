/** From a passed verdict to a trusted release. The order is the safety: nothing is tagged before all that proves it is in place. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../model.ts';
import { digestOf, type LayoutArchive } from '../oci/layout.ts';
import { type Descriptor, type ImageConfig, type Manifest, mediaTypes } from '../oci/model.ts';
import type { Registry, StoredManifest } from '../oci/registry.ts';
import { shown } from '../oci/reference.ts';
import { type Bundle, pushBundle } from './bundle.ts';
import type { Cosign, Signer, Trusted } from './cosign.ts';
import { ReleaseFailure } from './failure.ts';
import { predicateTypes, provenance, type ProvenanceFacts } from './types.ts';
import { type Verified, verifyRelease } from './verify.ts';

export interface Release {
  archive: LayoutArchive;
  /** `passed`, and about this archive. */
  verdict: Verdict;
  /** CycloneDX documents, one a platform. */
  sboms: string[];
  bundle?: Bundle;
  facts: Omit<ProvenanceFacts, 'verdict'>;
  /** Of files that are no commit: never `latest`. */
  dirty: boolean;
}

export interface Means {
  registry: Registry;
  cosign: Cosign;
  signer: Signer;
  trusted: Trusted;
  /** A folder of this run alone. */
  scratch: string;
  /** Tells people what happens. */
  progress: (line: string) => void;
  now: Date;
}

export interface Published {
  reference: string;
  digest: string;
  bundleDigest?: string;
  /** The commit's tag. */
  tag: string;
  /** Whether `latest` is this image now. */
  latest: boolean;
  /** False where everything was there already. */
  changed: boolean;
  /** The verdict and the bills of materials that the registry holds for it. */
  verified: Verified;
}

const latest = 'latest';

/**
 * Publishes, step by step: image, deploy bundle, SBOM, verdict, provenance, signature, tag of the commit, latest. Each step looks first whether
 * it is done, so a run that was cut short is finished by the next one.
 * @throws ReleaseFailure or RegistryError with one line; whatever was pushed until then has no tag, or no signature, or both
 */
export async function publishRelease(release: Release, means: Means): Promise<Published> {
  const { archive, bundle, dirty } = release;
  const { registry, progress } = means;
  const top = archive.top();
  const verdict: Verdict = {
    ...release.verdict,
    subject: { ...release.verdict.subject, ...(bundle && { bundleDigest: bundle.digest }) },
  };
  const tag = verdict.subject.revision;
  const before = { commit: await registry.resolve(tag), latest: await registry.resolve(latest) };
  if (!dirty && before.commit !== undefined && before.commit !== top.digest)
    throw taken(tag, before.commit, top.digest);

  let changed = await pushImage(archive, top, registry);
  progress(changed ? `pushed ${top.digest}` : `${top.digest} is there already`);
  if (bundle) {
    await pushBundle(registry, bundle, `bundle-${tag}`);
    progress(`deploy bundle ${bundle.digest}, ${bundle.files.length} files`);
  }

  const proven = await prove({ ...release, verdict }, means, top.digest, changed);
  changed ||= proven.changed;

  // What nobody could verify must not get a name: the same checks as verify's, of what the registry really holds by now.
  const { verified } = proven;
  if (!verified.ok) {
    const failed = verified.checks.filter(({ ok }) => !ok).map(({ name, says }) => `${name}: ${says}`);
    throw new ReleaseFailure(
      `${verified.image} can't be verified after signing, so it gets no tag: ${failed.join('; ')}`,
    );
  }

  const manifest = { bytes: archive.blob(top), mediaType: top.mediaType };
  if (await setTag(registry, tag, before.commit, top.digest, manifest, dirty)) {
    progress(`tag ${tag}`);
    changed = true;
  }
  const moved = dirty ? 'kept' : await setLatest(registry, before.latest, top.digest, manifest, archive);
  if (moved === 'moved') changed = true;
  progress(
    {
      moved: 'tag latest',
      there: 'latest is this image already',
      kept: 'latest stays: this release is of files that are no commit',
      newer: 'latest stays: it is of a newer commit',
    }[moved],
  );
  return {
    reference: `${shown(registry.repository)}@${top.digest}`,
    digest: top.digest,
    ...(bundle && { bundleDigest: bundle.digest }),
    tag,
    latest: moved === 'moved' || moved === 'there',
    changed,
    verified,
  };
}

/** Attests and signs what is missing, and says what the registry holds then. */
async function prove(
  { verdict, sboms, facts, bundle }: Release,
  { cosign, registry, signer, trusted, scratch, progress, now }: Means,
  digest: string,
  isNew: boolean,
): Promise<{ verified: Verified; changed: boolean }> {
  const demands = { trusted, policy: verdict.policy, allowDirty: true, now };
  const found = isNew ? undefined : await verifyRelease(registry, cosign, digest, demands);
  // An older verdict of the same policy and with the same bundle still says what this one says.
  if (found?.ok && found.verdict?.subject.bundleDigest === bundle?.digest) return { verified: found, changed: false };

  const has = (name: string): boolean => found?.checks.some((check) => check.name === name && check.ok) ?? false;
  const image = `${shown(registry.repository)}@${digest}`;
  const attest = async (type: string, predicate: string, name: string): Promise<void> => {
    const file = join(scratch, `${name}.json`);
    writeFileSync(file, predicate);
    await cosign.attest(image, signer, type, file);
    progress(`attested ${name}`);
  };
  if (!has('sbom')) {
    for (const sbom of sboms) await attest(predicateTypes.sbom, sbom, 'sbom');
  }
  await attest(predicateTypes.verdict, JSON.stringify(verdict), 'verdict');
  if (!has('provenance')) {
    await attest(predicateTypes.provenance, JSON.stringify(provenance({ verdict, ...facts })), 'provenance');
  }
  if (!has('signature')) {
    await cosign.sign(image, signer);
    progress('signed');
  }
  return { verified: await verifyRelease(registry, cosign, digest, demands), changed: true };
}

/** Blobs first, then manifests from the inside out: what a registry shows is whole at any time. Says whether anything was missing. */
async function pushImage(archive: LayoutArchive, top: Descriptor, registry: Registry): Promise<boolean> {
  if ((await registry.resolve(top.digest)) !== undefined) return false;
  for (const { descriptor, manifest } of archive.images(top)) {
    for (const blob of [...(manifest.layers ?? []), manifest.config!]) {
      await registry.putBlob(blob, () => archive.stream(blob));
    }
    if (descriptor.digest !== top.digest) await registry.putManifest(archive.blob(descriptor), descriptor.mediaType);
  }
  await registry.putManifest(archive.blob(top), top.mediaType);
  return true;
}

type Bytes = Pick<StoredManifest, 'bytes' | 'mediaType'>;

/** The tag of a commit is set once. Registries have no way to compare and set: the tag is read again before and after. */
async function setTag(
  registry: Registry,
  tag: string,
  before: string | undefined,
  digest: string,
  { bytes, mediaType }: Bytes,
  movable: boolean,
): Promise<boolean> {
  if (before === digest) return false;
  const now = await registry.resolve(tag);
  if (now === digest) return false;
  if (now !== before && !movable) throw taken(tag, now ?? 'nothing', digest);
  await registry.putManifest(bytes, mediaType, tag);
  await stillOurs(registry, tag, digest);
  return true;
}

async function setLatest(
  registry: Registry,
  before: string | undefined,
  digest: string,
  { bytes, mediaType }: Bytes,
  archive: LayoutArchive,
): Promise<'moved' | 'there' | 'newer'> {
  const now = await registry.resolve(latest);
  if (now === digest) return 'there';
  if (now !== before) {
    throw new ReleaseFailure(
      `somebody else moved ${latest} from ${before ?? 'nothing'} to ${now ?? 'nothing'} meanwhile: it stays where it is; ` +
        'look who publishes there, and publish again',
    );
  }
  if (now !== undefined) {
    const [theirs, ours] = [await createdAt(registry, now), archive.images()[0]!.config.created];
    if (theirs !== undefined && ours !== undefined && Date.parse(theirs) > Date.parse(ours)) return 'newer';
  }
  await registry.putManifest(bytes, mediaType, latest);
  await stillOurs(registry, latest, digest);
  return 'moved';
}

async function stillOurs(registry: Registry, tag: string, digest: string): Promise<void> {
  const now = await registry.resolve(tag);
  if (now !== digest) {
    throw new ReleaseFailure(`${tag} was set to ${digest}, and somebody else moved it to ${now ?? 'nothing'} at once`);
  }
}

function taken(tag: string, theirs: string, ours: string): ReleaseFailure {
  return new ReleaseFailure(
    `the tag ${tag} is already another image, ${theirs}, and this one is ${ours}: the tag of a commit is never moved`,
  );
}

/** The date that an image gives itself: its commit's, where Sluice made it. */
async function createdAt(registry: Registry, digest: string): Promise<string | undefined> {
  let manifest: Manifest | undefined = (await registry.manifest(digest))?.manifest;
  const child = manifest?.manifests?.[0];
  if (child) manifest = (await registry.manifest(child.digest))?.manifest;
  if (!manifest?.config || manifest.config.mediaType === mediaTypes.empty) return undefined;
  return (JSON.parse((await registry.blob(manifest.config)).toString()) as ImageConfig).created;
}

/** The digest that stands for a release's bills of materials: of the one, or of all in order. */
export function sbomDigest(documents: unknown[]): string | null {
  if (documents.length === 0) return null;
  return digestOf(
    Buffer.from(
      documents
        .map((one) => JSON.stringify(one))
        .sort()
        .join('\n'),
    ),
  );
}
