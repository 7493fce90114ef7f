/** Errors as clients see them: RFC 9457 problem documents. */
import { STATUS_CODES } from 'node:http';

/** One offending field: `in` says where it was sent, `pointer` is a JSON pointer (RFC 6901, as a URI fragment) into that. */
export interface FieldError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly detail: string;
}

/** The kinds of problem that have a meaning beyond their status; `/docs` describes each under its name. */
export const PROBLEM_KINDS = {
  'invalid-request': 'One or more fields are missing, unknown or malformed; `errors` lists every one of them.',
  'release-differs': 'This digest is already recorded with other facts. Releases are never rewritten.',
  'release-unknown': 'No such release is recorded for this service, so it cannot be deployed.',
  'release-not-passed': 'The verdict on this release is not `passed`, so it cannot be deployed.',
  'empty-period': 'The period ends before it begins.',
  'deployment-running': 'Another deployment runs in this environment; `running` says which, and since when.',
  'deployment-finished': 'The deployment was finished before with another outcome.',
  'idempotency-key-reused': 'The Idempotency-Key was used before for another request.',
  'database-unavailable':
    'The database cannot serve now. Nothing was changed unless a repeated request says so; try again.',
} as const;
export type ProblemKind = keyof typeof PROBLEM_KINDS;

interface ProblemOptions {
  readonly kind?: ProblemKind;
  /** Further members of the document. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that is answered with a problem document; `detail` is for the client to read. */
export class Problem extends Error {
  readonly kind: ProblemKind | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly detail: string,
    { kind, extensions = {}, headers = {} }: ProblemOptions = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.kind = kind;
    this.extensions = extensions;
    this.headers = headers;
  }

  /** The document, without members that are undefined. */
  document(requestId: string): Record<string, unknown> {
    return {
      type: this.kind ? `/docs#${this.kind}` : 'about:blank',
      title: this.kind ? this.kind.replaceAll('-', ' ') : (STATUS_CODES[this.status] ?? 'Error'),
      status: this.status,
      detail: this.detail,
      requestId,
      ...this.extensions,
    };
  }
}

/** The problem of a request whose fields are wrong. */
export function invalidRequest(errors: readonly FieldError[]): Problem {
  const detail =
    errors.length === 1 ? 'A field is not as it has to be.' : `${errors.length} fields are not as they have to be.`;
  return new Problem(400, detail, { kind: 'invalid-request', extensions: { errors } });
}
