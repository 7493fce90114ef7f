/**
 * The figures behind the choice of the secret scanner: plants secrets and look-alikes, each in a file of its own, and counts what
 * Trivy and gitleaks make of them, as they come and with everything switched off by which they look away.
 * `node gate/bench/secrets.ts`; both programs must be on the PATH. The secrets are random, so that none lies in this repository.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const configuration = join(import.meta.dirname, '../src/secrets/trivy-secret.yaml');

/** So many characters of an alphabet, at least one of them a digit. */
function random(length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string {
  const text = [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return /\d/.test(text) && /[a-z]/i.test(text) ? text : random(length, alphabet);
}
const hex = '0123456789abcdef';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const base64 = (bytes: number) => randomBytes(bytes).toString('base64');
const privateKey = () =>
  ['RSA PRIVATE KEY'].map(
    (kind) => `-----BEGIN ${kind}-----\n${base64(600).replaceAll(/.{64}/g, '$&\n')}\n-----END ${kind}-----`,
  )[0]!;

/** Where a file lies, and what stands in it. */
type Planted = [file: string, text: string];

const secrets: Planted[] = [
  ['src/aws.ts', `const id = 'AKIA${random(16, upper)}';\n`],
  ['infra/main.tfvars', `aws_secret_access_key = "${random(40)}"\n`],
  ['.env', `GITHUB=ghp_${random(36)}\n`],
  ['.npmrc', `//registry.npmjs.org/:_authToken=npm_${random(36)}\n`],
  ['.npmrc-old', `//npm.example.com/:_authToken=${random(36, hex)}\n`],
  ['deploy/id_rsa', `${privateKey()}\n`],
  ['test/fixtures/server.key', `${privateKey()}\n`],
  [
    'src/slack.ts',
    `post('https://hooks.slack.com/services/T${random(8, upper)}/B${random(8, upper)}/${random(24)}');\n`,
  ],
  ['src/stripe.ts', `new Stripe('sk_live_${random(24)}');\n`],
  ['src/mail.module.ts', `const key = 'SG.${random(22)}.${random(43)}';\n`],
  ['src/google.json', `{"private_key": "${privateKey().replaceAll('\n', '\\n')}"}\n`],
  ['README.md', `Log in with \`GITLAB_TOKEN=glpat-${random(20)}\`.\n`],
  ['docs/setup.md', `export DATABASE_URL=postgres://ledger:${random(20)}@db.internal:5432/ledger\n`],
  ['test/login.spec.ts', `const token = 'ghp_${random(36)}';\n`],
  ['test/data-source.ts', `url: 'postgres://app:${random(16)}@db:5432/app',\n`],
  ['examples/client.ts', `const client = new Client('sk_live_${random(24)}');\n`],
  ['.env.example', `JWT_SECRET=${random(48)}\n`],
  ['.env.production', `DB_PASSWORD=${random(9)}!${random(9)}\n`],
  ['config/production.json', `{"session": {"secret": "${random(64, hex)}"}}\n`],
  ['config/default.yaml', `redis:\n  password: ${random(24)}\n`],
  ['compose.yaml', `services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${random(20)}\n`],
  ['Dockerfile', `FROM node\nENV API_KEY=${random(32)}\n`],
  ['k8s/secret.yaml', `kind: Secret\nstringData:\n  api-key: ${random(32, hex)}\n`],
  ['k8s/pull.yaml', `data:\n  .dockerconfigjson: ${'eyJ'}${base64(90)}\n`],
  ['package-lock.json', `{"resolved": "https://ci:${random(24)}@npm.internal/lodash.tgz"}\n`],
  ['public/logo.svg', `<svg><!-- ghp_${random(36)} --></svg>\n`],
  ['src/jwt.ts', `const jwt = 'eyJ${random(40)}.eyJ${random(60)}.${random(43)}';\n`],
  ['src/auth.module.ts', `JwtModule.register({ secret: '${random(32)}' });\n`],
  ['.github/workflows/ci.yml', `env:\n  NPM_TOKEN: 'npm_${random(36)}'\n`],
  ['scripts/call.sh', `curl -u 'admin:x' https://deploy:${random(18)}@api.internal/\n`],
  ['dev/seed.ts', `const apiKey = '${random(40)}';\n`],
  ['vendor/client.js', `var accessToken = "ghp_${random(36)}";\n`],
];

const lookalikes: Planted[] = [
  ['README.md', 'DATABASE_URL=postgres://postgres:postgres@localhost:5432/app\n'],
  ['docs/env.md', 'Set `JWT_SECRET=change-me-to-32-characters` and `API_KEY=<your key>`.\n'],
  ['.env.example', 'JWT_SECRET=replace-with-32-characters-2024\nDB_PASSWORD=password123456\n'],
  [
    'compose.yaml',
    'environment:\n  POSTGRES_PASSWORD_FILE: /run/secrets/postgres-1\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}\n',
  ],
  ['k8s/deployment.yaml', 'secretKeyRef: { name: api-2, key: password }\nsecretName: api-tls-production-2024\n'],
  ['.github/workflows/ci.yml', 'with:\n  token: ${{ secrets.GITHUB_TOKEN }}\n  api-key: ${{ secrets.KEY_2 }}\n'],
  [
    'package-lock.json',
    `{"integrity": "sha512-${base64(64)}", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz"}\n`,
  ],
  ['dagger/images.ts', `const node = 'docker.io/library/node:24@sha256:${random(64, hex)}';\n`],
  ['src/tokens.ts', 'const token = request.headers.authorization2;\nconst secretKey = readFileSync(path2);\n'],
  ['src/rules.ts', 'const password = /^(?=.*[A-Z])(?=.*[0-9]).{12,}$/;\n'],
  ['src/config.ts', "const secret = process.env['JWT_SECRET_V2'] ?? config.get('jwt.secret2');\n"],
  ['docs/aws.md', 'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n'],
  ['test/user.spec.ts', "const password = 'password123456';\nexpect(token).toBe('token-1');\n"],
  ['src/user.dto.ts', "@ApiProperty({ example: 'Secret: at least 12 characters' })\npassword: string;\n"],
  ['src/ids.ts', "const session = '7d444840-9dc0-11d1-b245-5ffdce74fad2';\n"],
  ['src/hashes.ts', `const tokenHash = '${random(64, hex)}';\nconst commit = '${random(40, hex)}';\n`],
  [
    'certs/ca.pem',
    `-----BEGIN CERTIFICATE-----\n${base64(600).replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  ],
  [
    'certs/jwt.pub',
    `-----BEGIN PUBLIC KEY-----\n${base64(200).replaceAll(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----\n`,
  ],
  ['.npmrc', '//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n'],
  ['src/logo.svg', `<svg><image href="data:image/png;base64,${base64(300)}"/></svg>\n`],
  ['locale/en.json', '{"password": "Your password must have 12 characters", "token2": "Token expired"}\n'],
  ['src/headers.ts', "const apiKey = 'x-api-key-v2';\nconst accessToken = 'access_token_2';\n"],
  ['docs/curl.md', 'curl https://user:password@example.com/ -H "Authorization: Bearer <token>"\n'],
  ['src/limits.ts', 'const token = 1700000000000;\nmaxTokens: 128000,\n'],
  ['nginx.conf', 'ssl_certificate_key /etc/sluice/tls/key2.pem;\nauth_basic_user_file /run/secrets/users1;\n'],
  ['src/urls.ts', "const docs = 'https://docs.example.com:8443/a@1.0.0/b';\nconst at = 'http://[::1]:3000/@x';\n"],
  ['src/scopes.ts', "const credentials = 'include';\ntokenEndpointAuthMethod: 'client_secret_basic';\n"],
  ['pnpm-lock.yaml', `  resolution: {integrity: sha512-${base64(64)}}\n`],
];

const scratch = mkdtempSync(join(tmpdir(), 'sluice-secrets-bench-'));
try {
  lay('secrets', secrets);
  lay('lookalikes', lookalikes);
  const report = join(scratch, 'report.json');
  const trivy = (...args: string[]) => [
    'trivy',
    'fs',
    '--quiet',
    '--scanners',
    'secret',
    '--format',
    'json',
    '--output',
    report,
    ...args,
  ];
  const gitleaks = (...args: string[]) => [
    'gitleaks',
    'dir',
    '--no-banner',
    '--redact',
    '--report-format',
    'json',
    '--report-path',
    report,
    ...args,
  ];
  const everything = join(scratch, 'everything.toml');
  writeFileSync(everything, '[extend]\nuseDefault = true\n');

  measure('Trivy as it comes', trivy('.'));
  measure('Trivy as the stage runs it', trivy('--secret-config', configuration, '.'));
  measure('gitleaks as it comes', gitleaks('.'));
  measure('gitleaks without its comments', gitleaks('--ignore-gitleaks-allow', '--config', everything, '.'));

  function measure(name: string, command: string[]): void {
    const caught = files('secrets', command, report);
    const alarms = files('lookalikes', command, report);
    const started = performance.now();
    files('secrets', command, report);
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `${name.padEnd(32)} caught ${caught.size}/${secrets.length}  false ${alarms.size}/${lookalikes.length}  ${seconds.toFixed(1)} s`,
    );
    const missed = secrets.map(([file]) => file).filter((file) => !caught.has(file));
    if (process.argv.includes('--verbose'))
      console.log(`  missed ${missed.join(' ')}\n  false ${[...alarms].join(' ')}`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}

function lay(folder: string, planted: Planted[]): void {
  for (const [file, text] of planted) {
    const path = join(scratch, folder, 'tree', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The files in which a scanner reports something. The tree lies one folder down: Trivy never enters a `dev` at the top. */
function files(folder: string, command: string[], report: string): Set<string> {
  const { status, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    cwd: join(scratch, folder),
    encoding: 'utf8',
  });
  if (error || (status !== 0 && status !== 1)) throw error ?? new Error(stderr);
  const found = JSON.parse(readFileSync(report, 'utf8')) as
    { File: string }[] | { Results?: { Target: string; Secrets?: unknown[] }[] };
  const names = Array.isArray(found)
    ? found.map(({ File }) => File)
    : (found.Results ?? []).filter(({ Secrets }) => Secrets?.length).map(({ Target }) => Target);
  return new Set(names.map((name) => name.replace(/^tree\//, '')));
}
