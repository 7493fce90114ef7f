/** Who may do what: the tokens the service knows by the SHA-256 of their secrets, never by the secrets themselves. */
import { hash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

/** What a token may be allowed to do. */
export const SCOPES = ['read', 'releases:write', 'deployments:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** A token as it is registered: `sha256` is the lower-case hexadecimal hash of the secret. */
const registeredToken = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1-64 characters of A-Za-z0-9._-'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the secret in 64 lower-case hexadecimal digits'),
  scopes: z.array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`)).min(1, 'must name at least one scope'),
});

/** The setting TOKENS: a JSON list of registered tokens, names and hashes all different. */
export const registeredTokens = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('must be a JSON list such as [{"name":"ci","sha256":"…","scopes":["releases:write"]}]');
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(registeredToken, 'must be a JSON list of tokens')
      .refine((tokens) => allDifferent(tokens.map(({ name }) => name)), 'must not name a token twice')
      .refine((tokens) => allDifferent(tokens.map(({ sha256 }) => sha256)), 'must not hold a hash twice'),
  );

/** A token that was presented and recognised. */
export interface Token {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Recognises presented secrets. */
export class Tokens {
  readonly #known: readonly { readonly hash: Buffer; readonly token: Token }[];

  constructor(registered: z.output<typeof registeredTokens>) {
    this.#known = registered.map(({ name, sha256, scopes }) => ({
      hash: Buffer.from(sha256, 'hex'),
      token: { name, scopes: new Set(scopes) },
    }));
  }

  /** How many tokens are registered. */
  get count(): number {
    return this.#known.length;
  }

  /**
   * The token that a secret belongs to, or undefined. Every registered hash is compared, each in constant time, so that the
   * time taken tells neither how much of a hash matched nor which token it was.
   */
  recognise(secret: string): Token | undefined {
    const presented = hash('sha256', secret, 'buffer');
    let found: Token | undefined;
    for (const { hash: known, token } of this.#known) {
      if (timingSafeEqual(known, presented)) found = token;
    }
    return found;
  }
}

function allDifferent(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
