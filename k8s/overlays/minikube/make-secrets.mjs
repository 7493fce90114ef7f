/** Makes the secrets of a Minikube installation through the cluster's API: random, once. What exists is never changed; safe to repeat. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const account = process.env.SERVICE_ACCOUNT ?? '/var/run/secrets/kubernetes.io/serviceaccount';
const token = readFileSync(`${account}/token`, 'utf8');
const namespace = readFileSync(`${account}/namespace`, 'utf8');
const api = `https://${process.env.KUBERNETES_SERVICE_HOST}:${process.env.KUBERNETES_SERVICE_PORT}`;

/** 32 bytes in hexadecimal: no character that a URL would need quoted. */
const random = () => randomBytes(32).toString('hex');

const roles = await make('postgres', {
  superuser: random(),
  owner: random(),
  api: random(),
  monitor: random(),
  backup: random(),
});
await make('release-ledger-database', {
  'api-url': `postgres://api:${roles.api}@postgres:5432/ledger`,
  'migrate-url': `postgres://ledger_owner:${roles.owner}@postgres:5432/ledger`,
});
// The service knows a token by its hash only; the token itself is for whoever writes to the ledger.
const deploy = await make('release-ledger-token', { token: random() });
const sha256 = createHash('sha256').update(deploy.token).digest('hex');
const scopes = ['read', 'releases:write', 'deployments:write'];
await make('release-ledger-tokens', { tokens: JSON.stringify([{ name: 'deploy', sha256, scopes }]) });

/** The content of the secret as it stands afterwards: the given one if it is new, that of before if it was there and may be read. */
async function make(name, content) {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, immutable: true, stringData: content };
  const made = await ask('POST', '', secret);
  if (made.status === 201) {
    console.log(`made ${name}`);
    return content;
  }
  if (made.status !== 409) throw new Error(`${name}: ${made.status} ${await made.text()}`);
  console.log(`kept ${name}`);
  const found = await ask('GET', `/${name}`);
  // Derived from the others: nobody needs it read back, and the role may not.
  if (found.status === 403) return {};
  if (found.status !== 200) throw new Error(`${name}: ${found.status} ${await found.text()}`);
  const { data } = await found.json();
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

function ask(method, path, body) {
  return fetch(`${api}/api/v1/namespaces/${namespace}/secrets${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}
