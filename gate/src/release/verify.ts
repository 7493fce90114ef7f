/** Whether a published image may be trusted: every check with what was found, and one answer. */
import { createHash } from 'node:crypto';
import type { Verdict } from '../model.ts';
import type { Registry } from '../oci/registry.ts';
import { type Reference, shown } from '../oci/reference.ts';
import type { Cosign, Statement, Trusted } from './cosign.ts';
import { ReleaseFailure } from './failure.ts';
import { predicateTypes, type Provenance } from './types.ts';

export interface Demands {
  trusted: Trusted;
  /** SHA-256 of the policy that must have decided, hex; `any` accepts every policy and says so. */
  policy: string;
  /** How old the verdict may be, in days; undefined: of any age. */
  maxAgeDays?: number;
  /** Accept a release of files that are no commit. Default: false. */
  allowDirty?: boolean;
  now: Date;
}

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, in one line. */
  says: string;
}

export interface Verified {
  /** HOST/PATH@sha256:… */
  image: string;
  digest: string;
  ok: boolean;
  checks: Check[];
  /** Of the newest verdict that counts; undefined where there is none. */
  verdict?: Verdict;
  /** The bills of materials that count. */
  sboms: unknown[];
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** A tag is resolved once; from there on everything is about the digest. @throws ReleaseFailure where there is no such image */
export async function resolveImage(registry: Registry, reference: Reference): Promise<string> {
  const digest = await registry.resolve(reference.digest ?? reference.tag ?? 'latest');
  if (digest !== undefined) return digest;
  throw new ReleaseFailure(
    `there is no image ${shown(reference)}${reference.digest ? `@${reference.digest}` : `:${reference.tag ?? 'latest'}`}`,
  );
}

/** @throws ReleaseFailure or RegistryError where something could not be asked: then nothing is known, and that is no pass */
export async function verifyRelease(
  registry: Registry,
  cosign: Cosign,
  digest: string,
  demands: Demands,
): Promise<Verified> {
  const image = `${shown(registry.repository)}@${digest}`;
  const { trusted } = demands;
  const [unsigned, verdicts, sboms, provenances] = await Promise.all([
    cosign.whyUnsigned(image, trusted),
    cosign.attestations(image, trusted, predicateTypes.verdict),
    cosign.attestations(image, trusted, predicateTypes.sbom),
    cosign.attestations(image, trusted, predicateTypes.provenance),
  ]);
  const verdict = newestVerdict(verdicts.statements, digest);
  const documents = about(sboms.statements, digest).map(({ predicate }) => predicate);
  const checks: Check[] = [
    { name: 'signature', ok: unsigned === undefined, says: unsigned ?? byWhom(trusted) },
    verdictCheck(verdict, digest, verdicts.refused),
    ...(verdict ? verdictChecks(verdict, demands) : []),
    sbomCheck(documents, sboms.refused),
    provenanceCheck(about(provenances.statements, digest), verdict, provenances.refused),
    await bundleCheck(registry, verdict),
  ];
  const ok = checks.every((check) => check.ok);
  return { image, digest, ok, checks, ...(verdict && { verdict }), sboms: documents };
}

/** cosign looks at the subject as well; a copied statement must not get through by either. */
function about(statements: Statement[], digest: string): Statement[] {
  return statements.filter(({ subject }) => subject.some((one) => `sha256:${one.digest['sha256']}` === digest));
}

/** Only the newest counts: an older, better one must not hide it. */
function newestVerdict(statements: Statement[], digest: string): Verdict | undefined {
  return about(statements, digest)
    .map(({ predicate }) => predicate as Verdict)
    .filter((verdict) => verdict?.schema === 'verdict/v1')
    .sort((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt))[0];
}

function byWhom(trusted: Trusted): string {
  return 'key' in trusted ? 'by the trusted key' : `by ${trusted.identity}`;
}

function verdictCheck(verdict: Verdict | undefined, digest: string, refused: string | undefined): Check {
  const name = 'verdict';
  if (!verdict) return { name, ok: false, says: refused ?? 'there is none of the schema verdict/v1 about this image' };
  if (verdict.subject.imageDigest !== digest) {
    return { name, ok: false, says: `it is about another image: ${verdict.subject.imageDigest ?? 'none'}` };
  }
  if (verdict.status !== 'passed') return { name, ok: false, says: verdict.status };
  if (verdict.preview !== false || verdict.runner !== 'dagger')
    return { name, ok: false, says: 'a preview, which proves nothing' };
  if (verdict.stages.length === 0) return { name, ok: false, says: 'passed, but of no stage' };
  return { name, ok: true, says: `passed, all ${verdict.stages.length} stages` };
}

function verdictChecks(verdict: Verdict, { policy, maxAgeDays, allowDirty, now }: Demands): Check[] {
  const age = now.getTime() - Date.parse(verdict.finishedAt);
  const days = (age / day).toFixed(1);
  const { revision } = verdict.subject;
  const isCommit = /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision);
  return [
    policy === 'any'
      ? { name: 'policy', ok: true, says: `not compared: any policy is accepted; it was ${verdict.policy}` }
      : {
          name: 'policy',
          ok: verdict.policy === policy,
          says: verdict.policy === policy ? policy : `decided by ${verdict.policy}, wanted ${policy}`,
        },
    {
      name: 'age',
      // Clocks differ a little; a verdict from tomorrow is no verdict.
      ok: age > -5 * minute && (maxAgeDays === undefined || age <= maxAgeDays * day),
      says: `${days} days${maxAgeDays === undefined ? ', any age is accepted' : `, at most ${maxAgeDays}`}`,
    },
    {
      name: 'revision',
      ok: isCommit || allowDirty === true,
      says: isCommit ? revision : `${revision}: made of files that are no commit`,
    },
  ];
}

function sbomCheck(documents: unknown[], refused: string | undefined): Check {
  const counts = (documents as { components?: unknown[] }[]).map(({ components }) => components?.length ?? 0);
  const name = 'sbom';
  if (counts.length === 0) return { name, ok: false, says: refused ?? 'there is none about this image' };
  const ok = counts.every((count) => count > 0);
  return { name, ok, says: ok ? `${counts.join(' and ')} components` : 'it lists no component' };
}

function provenanceCheck(statements: Statement[], verdict: Verdict | undefined, refused: string | undefined): Check {
  const name = 'provenance';
  if (statements.length === 0) return { name, ok: false, says: refused ?? 'there is none about this image' };
  const revisions = statements.map(
    ({ predicate }) => (predicate as Provenance).buildDefinition?.externalParameters?.revision,
  );
  const ok = verdict === undefined || revisions.includes(verdict.subject.revision);
  return { name, ok, says: ok ? `built from ${revisions.at(-1)}` : 'it is of another revision than the verdict' };
}

async function bundleCheck(registry: Registry, verdict: Verdict | undefined): Promise<Check> {
  const digest = verdict?.subject.bundleDigest;
  const name = 'deploy bundle';
  if (!digest) return { name, ok: true, says: 'the release has none' };
  const there = (await registry.resolve(digest)) === digest;
  return { name, ok: there, says: there ? digest : `${digest} is not in ${shown(registry.repository)}` };
}

/** What a deployment needs to know of a release; its parts are only worth what `ok` says. */
export function machineReadable({ image, digest, ok, checks, verdict }: Verified): object {
  const release = verdict && {
    ...{ image, commit: verdict.subject.revision, policy: verdict.policy, finishedAt: verdict.finishedAt },
    ...(verdict.subject.bundleDigest && { bundle: verdict.subject.bundleDigest }),
    // Of the statement's predicate as it was signed.
    verdict: createHash('sha256').update(JSON.stringify(verdict)).digest('hex'),
  };
  return { image, digest, ok, checks, ...(release && { release }) };
}

/** One line a check, and one that sums them up. */
export function renderVerified({ image, ok, checks }: Verified): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map((check) => ` ${check.ok ? 'ok  ' : 'FAIL'}  ${check.name.padEnd(width)}  ${check.says}`);
  const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
  return [image, ...lines, ok ? 'verified' : `not verified: ${failed.join(', ')}`, ''].join('\n');
}
