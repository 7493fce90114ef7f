import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { registeredTokens } from './tokens.js';

const script = fileURLToPath(new URL('../../dist/auth/make-token.js', import.meta.url));

function makeToken(...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  if (!existsSync(script))
    throw new Error('the service is not built: npm run build -w service (npm test does it first)');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...flags], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

test('prints an entry that TOKENS takes, and the secret that belongs to it', async () => {
  const { code, stdout, stderr } = await makeToken('--name', 'ci', '--scope', 'releases:write', '--scope', 'read');
  expect(code).toBe(0);
  const [entry] = registeredTokens.parse(`[${stdout}]`);
  const secret = /: ([A-Za-z0-9_-]{43})\n$/.exec(stderr)?.[1] ?? '';
  expect(entry).toEqual({ name: 'ci', sha256: hash('sha256', secret), scopes: ['releases:write', 'read'] });
  expect(stdout).not.toContain(secret);
});

test.each([
  [[]],
  [['--name', 'ci']],
  [['--name', 'a b', '--scope', 'read']],
  [['--name', 'ci', '--scope', 'root']],
  [['--nonsense']],
])('refuses %j with its usage', async (flags) => {
  const { code, stdout, stderr } = await makeToken(...flags);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('usage: make-token');
});
