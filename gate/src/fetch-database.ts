/**
 * Fetches Trivy's vulnerability database from a registry: `resolve` says which one a tag means today, `download` brings that very one.
 * A program of its own that imports nothing but Node, so that a container which runs it changes with nothing else.
 *
 *   node fetch-database.ts resolve REFERENCE…          prints HOST/NAME@DIGEST of the first that answers
 *   node fetch-database.ts download REFERENCE FOLDER   writes FOLDER/db/trivy.db, FOLDER/db/metadata.json and FOLDER/digest
 *   node fetch-database.ts unpack ARCHIVE FOLDER       the same from a tar archive of the two files
 *
 * REGISTRY_CREDENTIALS may name a file with "user:password". A reference that begins with http:// is asked in the clear.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

interface Reference {
  /** `https://ghcr.io` */
  origin: string;
  name: string;
  /** A tag, or a digest. */
  version: string;
}

/** What a registry may answer while it is busy; asked again after a while. */
const passing = [408, 429, 500, 502, 503, 504];
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip';

export interface FetchOptions {
  /** "user:password" for the registry. Default: nobody. */
  credentials?: string;
  /** Milliseconds to wait before each further attempt at a busy registry. */
  pauses?: number[];
}

/** The first of the references that its registry knows, by digest. @throws Error with a line for each that did not answer */
export async function resolveDatabase(references: string[], options: FetchOptions = {}): Promise<string> {
  const problems: string[] = [];
  for (const reference of references) {
    try {
      const { digest } = await manifestOf(parse(reference), options);
      return `${reference.replace(/(@[^@]*|:[^:/]*)$/, '')}@${digest}`;
    } catch (error) {
      problems.push(`${reference}: ${reason(error)}`);
    }
  }
  throw new Error(problems.join('; '));
}

/** Downloads a database into a folder; what came has the digest that was asked for, or there is an error. */
export async function downloadDatabase(reference: string, folder: string, options: FetchOptions = {}): Promise<void> {
  const parsed = parse(reference);
  try {
    const { digest, layer } = await manifestOf(parsed, options);
    mkdirSync(folder, { recursive: true });
    const archive = join(folder, 'db.tar.gz');
    const response = await ask(parsed, `blobs/${layer}`, '*/*', options);
    const hash = createHash('sha256');
    await pipeline(
      Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      }),
      createWriteStream(archive),
    );
    const actual = `sha256:${hash.digest('hex')}`;
    if (actual !== layer) throw new Error(`what came is not ${layer}, but ${actual}`);
    unpackDatabase(archive, folder);
    rmSync(archive);
    writeFileSync(join(folder, 'digest'), `${digest}\n`);
  } catch (error) {
    throw new Error(`${reference}: ${reason(error)}`, { cause: error });
  }
}

/** Lays out an archive of trivy.db and metadata.json, which may lie in a folder `db`. @throws Error where it holds something else */
export function unpackDatabase(archive: string, folder: string): void {
  const db = join(folder, 'db');
  mkdirSync(db, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xf', archive, '-C', db, '--no-same-owner'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${archive} is no tar archive: ${stderr.trim().split('\n')[0]}`);
  for (const file of ['trivy.db', 'metadata.json']) {
    if (existsSync(join(db, 'db', file))) renameSync(join(db, 'db', file), join(db, file));
    if (!existsSync(join(db, file))) throw new Error(`${archive} holds no ${file}: it is no vulnerability database`);
  }
  rmSync(join(db, 'db'), { recursive: true, force: true });
}

/** ghcr.io/aquasecurity/trivy-db:2, http://registry.example:5000/trivy-db@sha256:… */
function parse(reference: string): Reference {
  const match = /^(https?:\/\/)?([^/]+)\/([a-z0-9._/-]+?)(?::([\w.-]+)|@(sha256:[0-9a-f]{64}))?$/.exec(reference);
  if (!match) throw new Error(`${reference} is no reference: write HOST/NAME:TAG or HOST/NAME@DIGEST`);
  const [, scheme = 'https://', host, name, tag, digest] = match;
  return { origin: `${scheme}${host}`, name: name!, version: digest ?? tag ?? '2' };
}

async function manifestOf(reference: Reference, options: FetchOptions): Promise<{ digest: string; layer: string }> {
  const response = await ask(reference, `manifests/${reference.version}`, manifestType, options);
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (reference.version.startsWith('sha256:') && digest !== reference.version) {
    throw new Error(`the manifest is not ${reference.version}, but ${digest}`);
  }
  const { layers } = JSON.parse(bytes.toString()) as { layers?: { mediaType: string; digest: string }[] };
  const layer = layers?.find(({ mediaType }) => mediaType === layerType)?.digest;
  if (!layer) throw new Error(`it is no vulnerability database: no layer of the type ${layerType}`);
  return { digest, layer };
}

/** One request to the registry, with a token where it wants one, again where it is busy. */
async function ask(
  { origin, name }: Reference,
  path: string,
  accept: string,
  { credentials, pauses = [2_000, 10_000] }: FetchOptions,
): Promise<Response> {
  const url = `${origin}/v2/${name}/${path}`;
  const basic = credentials && `Basic ${Buffer.from(credentials.trim()).toString('base64')}`;
  let authorization: string | undefined;
  const request = () => get(url, { accept, ...(authorization && { authorization }) });
  for (let attempt = 0; ; attempt += 1) {
    let response = await request();
    const challenge = response.status === 401 ? response.headers.get('www-authenticate') : null;
    if (challenge && !authorization) {
      authorization = /^bearer /i.test(challenge) ? await token(challenge, basic) : basic;
      if (authorization) response = await request();
    }
    if (response.ok) return response;
    const pause = passing.includes(response.status) ? pauses[attempt] : undefined;
    if (pause === undefined) throw new Error(`the registry answered ${response.status} ${response.statusText}`.trim());
    await sleep(pause);
  }
}

/** A registry's own words: Bearer realm="https://…",service="…",scope="…". */
async function token(challenge: string, basic: string | undefined): Promise<string> {
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]),
  );
  if (!realm) throw new Error(`the registry wants an unknown proof: ${challenge}`);
  const url = new URL(realm);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const response = await get(url.href, basic ? { authorization: basic } : {});
  if (!response.ok) throw new Error(`${url.host} gave no token: ${response.status} ${response.statusText}`.trim());
  const { token: one, access_token: other } = (await response.json()) as { token?: string; access_token?: string };
  return `Bearer ${one ?? other ?? ''}`;
}

/** Long enough for a hundred megabytes over a slow line; a registry that hangs must end some time. */
function get(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers, signal: AbortSignal.timeout(600_000) });
}

/** fetch says "fetch failed" and keeps the reason to itself. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  const { code, message: deeper } = (cause ?? {}) as NodeJS.ErrnoException;
  return message === 'fetch failed' ? `can't be reached (${code ?? deeper ?? 'no reason given'})` : message;
}

async function main([command, ...args]: string[]): Promise<void> {
  const file = process.env['REGISTRY_CREDENTIALS'];
  const options = file ? { credentials: readFileSync(file, 'utf8') } : {};
  if (command === 'resolve') console.log(await resolveDatabase(args, options));
  else if (command === 'download') await downloadDatabase(args[0]!, args[1]!, options);
  else unpackDatabase(args[0]!, args[1]!);
}

if (import.meta.main) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error((error as Error).message);
    process.exitCode = 1;
  });
}
