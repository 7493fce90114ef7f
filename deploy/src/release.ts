/** What is deployed: an image and its deploy bundle, both by digest, and the verdict that let them through. */
import type { Settings } from './settings.ts';

export interface Release {
  /** REPOSITORY@sha256:… of the API's image; its digest is that of the multi-platform index. */
  image: string;
  /** Digest of the deploy bundle in the same repository: the Compose files and configuration of the commit. */
  bundle: string;
  /** Full hash of the commit that both were made from. */
  commit: string;
  /** SHA-256 of verdict.json and of the policy it was made by, in hexadecimal. */
  verdict: string;
  policy: string;
}

export type Colour = 'blue' | 'green';

/** What one deployment left on the host. */
export interface Deployed {
  release: Release;
  colour: Colour;
  /** The host's settings that it was started with. */
  settings: Settings;
  /** SHA-256 over the unpacked bundle, so that a rollback can tell whether somebody edited it. */
  tree: string;
  /** RFC 3339. */
  at: string;
  actor: string;
  environment: string;
  /** Id of the transaction that brought it. */
  transaction: string;
  /** Names of the migrations that it applied. */
  migrations: string[];
  /** Somebody went back from it: no rollback goes there unless it is named. */
  rolledBack?: true;
}

/** The record of the host: its newest entry is what runs. */
export interface HostRecord {
  schema: 'host/v1';
  current: Deployed;
  /** What ran before, newest first, each release once; the first is where `rollback` goes. */
  history: Deployed[];
}

export function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}

export function repositoryOf(image: string): string {
  return image.slice(0, image.indexOf('@'));
}

/** A digest as a directory's name. */
export function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, '');
}

export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}

/** A digest as people recognize it. */
export function short(digest: string): string {
  return hexOf(digestOf(digest)).slice(0, 12);
}
