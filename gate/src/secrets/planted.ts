/** The secrets that the stage plants in each run, one in each kind of place where scanners like to look away: all must be found. */
import { randomBytes } from 'node:crypto';

/** Where each lies, and the rule that must find it. */
export const plantedSecrets: Record<string, string> = {
  '.env': 'github-pat',
  '.npmrc': 'npmrc-token',
  'test/login.spec.ts': 'aws-access-key-id-in-code',
  'docs/setup.md': 'url-password',
  'examples/vendor/client.ts': 'stripe-secret-token',
  'node_modules/config/default.yaml': 'assigned-secret-line',
  'package-lock.json': 'gitlab-pat',
  'public/logo.svg': 'assigned-secret',
  'keys/id_rsa.gz': 'private-key',
};

/** Texts with fresh random secrets: valid by their form, and of no account anywhere. */
export function plantSecrets(): Record<keyof typeof plantedSecrets, string> {
  return {
    '.env': `GITHUB=ghp_${random(36)}\n`,
    '.npmrc': `//registry.npmjs.org/:_authToken=npm_${random(36)}\n`,
    'test/login.spec.ts': `const id = 'AKIA${random(16).toUpperCase()}';\n`,
    'docs/setup.md': `Connect to postgres://ledger:${random(20)}@db:5432/ledger.\n`,
    'examples/vendor/client.ts': `const client = new Client("sk_live_${random(24)}");\n`,
    'node_modules/config/default.yaml': `redis:\n  password: ${random(24)}\n`,
    'package-lock.json': `{ "token": "glpat-${random(20)}" }\n`,
    'public/logo.svg': `<svg><script>apiKey = '${random(32)}'</script></svg>\n`,
    'keys/id_rsa.gz':
      ['-----BEGIN', 'RSA PRIVATE KEY-----\n'].join(' ') +
      `${random(64)}\n${random(64)}\n` +
      ['-----END', 'RSA PRIVATE KEY-----\n'].join(' '),
  };
}

/** Letters and digits, of each at least one. */
function random(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const text = [...randomBytes(length - 2)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `a${text}7`;
}
