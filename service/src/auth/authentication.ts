/** Lets a request in or not, before its body is read. */
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import type { Scope, Token, Tokens } from './tokens.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The token that the request came with; null without one or where none is needed. */
    token: Token | null;
  }
}

/** RFC 6750's credentials: the scheme in any case, then one token. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/**
 * Checks the request's bearer token and keeps it in `request.token`.
 *
 * @throws {Problem} 401 without a known token, 403 when it has not the scope.
 */
export function authenticate(request: FastifyRequest, tokens: Tokens, scope: Scope): void {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new Problem(401, `This needs a bearer token with the scope ${scope}.`, {
      headers: { 'www-authenticate': 'Bearer realm="release-ledger"' },
    });
  }
  const secret = BEARER.exec(header)?.[1];
  const token = secret === undefined ? undefined : tokens.recognise(secret);
  if (!token) {
    throw new Problem(401, 'The bearer token is not known.', {
      headers: { 'www-authenticate': 'Bearer realm="release-ledger", error="invalid_token"' },
    });
  }
  if (!token.scopes.has(scope)) {
    throw new Problem(403, `The token ${token.name} has not the scope ${scope}.`, {
      headers: { 'www-authenticate': `Bearer realm="release-ledger", error="insufficient_scope", scope="${scope}"` },
    });
  }
  request.token = token;
}

/** Name of the token that a write came with: it stands in the ledger beside what was written. */
export function tokenName(request: FastifyRequest): string {
  if (!request.token)
    throw new Error(`${request.method} ${request.routeOptions.url ?? ''} writes, but requires no scope`);
  return request.token.name;
}
