/** The token by which a scan is let into the service that it scans. */
import type { File } from '@dagger.io/dagger';
import { gateContainer } from './gate.ts';
import type { Run } from './run.ts';

export interface Token {
  /** Holds the token; for a mount, so that it stands in no argument, variable or log. */
  file: File;
  /** Hex; no secret, since 256 random bits can't be guessed from it. */
  sha256: string;
}

const script = `
const { createHash, randomBytes } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const token = randomBytes(32).toString('base64url');
writeFileSync('/token', token);
writeFileSync('/sha256', createHash('sha256').update(token).digest('hex'));
`;

/**
 * 256 random bits, made inside a container whose layer is then cached: a repeated call gets the same token and so finds its scan in the
 * cache, which it never would by a token made anew each time. It opens nothing but a service that lives as long as its scan.
 */
export async function scanToken(run: Run): Promise<Token> {
  const made = gateContainer(run).withExec(['/sluice/bin/node', '--eval', script]);
  return { file: made.file('/token'), sha256: await made.file('/sha256').contents() };
}
