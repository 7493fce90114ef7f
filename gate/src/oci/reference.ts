/** Names of images in a registry. */
import { UsageError } from '../model.ts';
import { digestPattern } from './model.ts';

export interface Repository {
  /** Host, with the port if need be. */
  host: string;
  /** What the repository is called there: `acme/checkout`. */
  path: string;
  /** True for `http://`: nothing on the way is encrypted. */
  plainHttp: boolean;
}

export interface Reference extends Repository {
  tag?: string;
  digest?: string;
}

/**
 * Reads `HOST/PATH[:TAG][@sha256:DIGEST]`. A host must be named, for there is no registry by default; `http://` before it allows plain
 * HTTP for this one.
 * @throws UsageError
 */
export function parseReference(text: string): Reference {
  const plainHttp = text.startsWith('http://');
  const match =
    /^([A-Za-z0-9.-]+(?::\d{1,5})?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]+))?$/.exec(
      text.replace(/^https?:\/\//, ''),
    );
  if (!match || !/[.:]|^localhost$/.test(match[1]!) || (match[4] && !digestPattern.test(match[4]))) {
    throw new UsageError(`${text} names no image: write HOST/PATH, HOST/PATH:TAG or HOST/PATH@sha256:DIGEST`);
  }
  const [, host, path, tag, digest] = match;
  return { host: host!, path: path!, plainHttp, ...(tag && { tag }), ...(digest && { digest }) };
}

/** A repository alone. @throws UsageError where a tag or a digest is named as well */
export function parseRepository(text: string): Repository {
  const { tag, digest, ...repository } = parseReference(text);
  if (tag ?? digest) throw new UsageError(`${text} names an image, and a repository is wanted: HOST/PATH`);
  return repository;
}

/** As people and other tools write it. */
export function shown({ host, path }: Repository): string {
  return `${host}/${path}`;
}
