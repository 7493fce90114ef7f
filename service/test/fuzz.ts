/**
 * Lets schemathesis loose on the built service, once with a token that may write and once with one that may only read.
 * Needs `schemathesis` (from PyPI) on the PATH. Usage: npm run fuzz -w service -- [examples for each operation, 100 by default]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const examples = process.argv[2] ?? '100';
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const configuration = fileURLToPath(new URL('schemathesis.toml', import.meta.url));

const secrets = { writer: randomBytes(16).toString('hex'), reader: randomBytes(16).toString('hex') };
const scopes = { writer: ['read', 'releases:write', 'deployments:write'], reader: ['read'] };

const service = spawn(process.execPath, [main], {
  env: {
    ...process.env,
    PORT: '0',
    METRICS_PORT: '0',
    READS: 'token',
    DRAIN_MS: '0',
    WRITES_PER_MINUTE: '10000000',
    TOKENS: JSON.stringify(
      (['writer', 'reader'] as const).map((name) => ({
        name,
        sha256: createHash('sha256').update(secrets[name]).digest('hex'),
        scopes: scopes[name],
      })),
    ),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});

let failures: unknown[] = [];
const ready = new Promise<number>((resolve, reject) => {
  let port: number | undefined;
  createInterface({ input: service.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as { message: string; port?: number; status_code?: number };
    port ??= line.port;
    if (line.message.startsWith('the database is connected') && port) resolve(port);
    if ((line.status_code ?? 0) >= 500) failures.push(line);
  });
  service.on('exit', (code) => reject(new Error(`the service ended with ${code} before it was ready`)));
});

const url = `http://127.0.0.1:${await ready}/openapi.json`;
failures = [];
let failed = false;
for (const name of ['writer', 'reader'] as const) {
  console.log(`--- with the token of the ${name}`);
  const { status, error } = spawnSync(
    'schemathesis',
    // prettier-ignore
    ['--config-file', configuration, 'run', url, '--checks', 'all', '--max-examples', examples, '--header', `Authorization: Bearer ${secrets[name]}`],
    { stdio: 'inherit' },
  );
  if (error) throw new Error('schemathesis is not on the PATH: pip install schemathesis', { cause: error });
  failed ||= status !== 0;
}
service.removeAllListeners('exit');
service.kill('SIGTERM');
await new Promise((resolve) => service.on('exit', resolve));
console.log(`answers of 5xx: ${failures.length}`);
for (const line of failures) console.log(JSON.stringify(line));
process.exitCode = failed || failures.length > 0 ? 1 : 0;
