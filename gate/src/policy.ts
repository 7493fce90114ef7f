/** Reads `sluice.yaml` into checked types. Every mistake in it is named with file, line and key; nothing is guessed. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import {
  type BlockPolicy,
  type CoverageKind,
  PolicyError,
  UsageError,
  type Severity,
  type StageName,
} from './model.ts';
import { checkPolicyText } from './policy-check.ts';

/** The file's name in the root of the judged repository. */
export const policyFileName = 'sluice.yaml';

export interface StagePolicy {
  /** A required stage that is absent or not run breaks the verdict. Default: true. */
  required: boolean;
  /** Where the stage runs, relative to the repository's root. Default: ".". */
  directory: string;
  /** The script of package.json that the stage runs; undefined unless the policy names one, and then the stage looks for its own name. */
  script?: string;
  /** Seconds after which the tool is stopped. Default: 900. */
  timeout: number;
  /** The least severity that blocks; lint, deps, config, scan (default: high), sast and dast (default: medium) only. Undefined where every finding blocks: there is no minor type error. */
  threshold?: Threshold;
  /** Where the build leaves its files, relative to `directory`; a key of build alone, elsewhere always the default. Default: dist. */
  output: string;
  /** Test only: the least share of each kind that the tests must cover, in percent. Default: none, coverage is not measured. */
  coverage?: Partial<Record<CoverageKind, number>>;
  /** How old the vulnerability database may be, in hours; deps and scan only. Default: 48. */
  databaseMaxAge?: number;
  /** Whether dependencies that are needed for development alone are looked at; a key of deps alone. Default: true. */
  developmentDependencies?: boolean;
  /** Config only: the sets of Compose files that belong together, each in Compose's own order. Default: found by name. */
  compose?: string[][];
  /** Config only: values for the variables that Compose files ask for. */
  variables?: Record<string, string>;
  /** Build only: the Dockerfile, relative to the repository's root. */
  dockerfile?: string;
  /** What the image is built for: a key of build alone, elsewhere undefined. Default: linux/amd64. */
  platforms?: string[];
  /** The keys below are dast's. The port that the image listens on. Default: the image's PORT, else what it exposes. */
  port?: number;
  /** The environment that the image runs with beside DATABASE_URL; `${TOKEN}`, `${TOKEN_SHA256}` and `${DATABASE_URL}` stand for this run's. */
  environment?: Record<string, string>;
  /** The path that answers 2xx when the service is ready. Default: any answer at / will do. */
  health?: string;
  /** The path of the OpenAPI document. Default: the usual places are tried. */
  openapi?: string;
  /** The header that lets requests in; its value is `Bearer ${TOKEN}` unless told otherwise. Undefined: none is sent. */
  token?: { header: string; value: string };
  /** A file of requests that fill the service before the scan, relative to the repository's root. */
  seed?: string;
  /** Operations that need not be reached, as "METHOD /path", each with the reason. */
  unreached?: { operation: string; reason: string }[];
}

/** A severity that can be a threshold; what has no known severity ranks with high. */
export type Threshold = Exclude<Severity, 'unknown'>;

/** One accepted risk. */
export interface Waiver {
  /** What the tool calls the finding: `Finding.rule`. */
  id: string;
  stage?: StageName;
  package?: string;
  /** A file, or a folder when it ends with a slash. */
  path?: string;
  /** The service of a Compose file. */
  resource?: string;
  owner: string;
  reason: string;
  /** YYYY-MM-DD, the last day on which it holds. */
  expires: string;
  /** `fixed`: holds only while the tool knows no fixed version. */
  until?: 'fixed';
}

export interface Policy {
  /** The file as messages name it; undefined when there is none and the defaults hold. */
  file?: string;
  /** SHA-256 of the file's bytes, hex; of no bytes when there is no file. */
  sha256: string;
  project: {
    name?: string;
    /** Address of the repository, for people and provenance. */
    source?: string;
    /** Globs of the files that the deploy bundle of a release holds. Default: none, and then there is no bundle. */
    bundle: string[];
  };
  /** `new`: where the base branch's findings are given, those that it has too don't block. Default: all. */
  block: BlockPolicy;
  stages: Record<StageName, StagePolicy>;
  waivers: Waiver[];
}

/**
 * Reads the policy of the repository at `root`: the named file (relative to the working directory), or else `sluice.yaml` there,
 * or else the defaults. `day` is today's date, YYYY-MM-DD.
 * @throws PolicyError with one line for each mistake; UsageError when the named file can't be read.
 */
export async function loadPolicy(root: string, day: string, file?: string): Promise<Policy> {
  const path = resolve(file ?? join(root, policyFileName));
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && file === undefined) return defaultPolicy();
    throw new UsageError(
      `${file ?? policyFileName}: policy can't be read: ${code === 'ENOENT' ? 'no such file' : code}`,
    );
  }
  return parsePolicy(bytes, shownName(root, path, file), day);
}

/** Checks a policy's bytes. @throws PolicyError with one line for each mistake, all of them at once. */
export function parsePolicy(bytes: Uint8Array, file: string, day: string): Policy {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PolicyError([`${file}:1: not UTF-8 text`]);
  }
  return { file, sha256: createHash('sha256').update(bytes).digest('hex'), ...checkPolicyText(text, file, day) };
}

/** What holds where the repository has no sluice.yaml. */
export function defaultPolicy(): Policy {
  const { file: _, ...policy } = parsePolicy(new Uint8Array(), policyFileName, '2000-01-01');
  return policy;
}

/** As the user named it, or else relative to the repository. */
function shownName(root: string, path: string, given: string | undefined): string {
  if (given !== undefined && !isAbsolute(given)) return given;
  const inside = relative(resolve(root), path);
  return inside.startsWith('..') ? path : inside;
}
