/**
 * Makes a token: prints the secret once, for whoever will use it, and its entry for TOKENS, which holds only the hash.
 * Usage: npm run token -w service -- --name ci --scope releases:write --scope deployments:write
 */
import { hash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { SCOPES, registeredTokens } from './tokens.js';

const usage = `usage: make-token --name NAME --scope SCOPE [--scope SCOPE …]   (scopes: ${SCOPES.join(', ')})`;

try {
  const { values } = parseArgs({
    options: { name: { type: 'string' }, scope: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
  } else {
    const secret = randomBytes(32).toString('base64url');
    const entry = { name: values.name, sha256: hash('sha256', secret), scopes: values.scope ?? [] };
    const { error } = registeredTokens.safeParse(JSON.stringify([entry]));
    if (error) {
      throw new Error(error.issues.map(({ path, message }) => `${path.slice(1).join('.')} ${message}`).join('; '));
    }
    // On the two streams, so that a script can keep one and show the other.
    console.error(`the secret, shown only now: ${secret}`);
    console.log(JSON.stringify(entry));
  }
} catch (error) {
  console.error(`make-token: ${(error as Error).message}\n${usage}`);
  process.exitCode = 2;
}
