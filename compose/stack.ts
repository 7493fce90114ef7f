/** `npm run stack`: the whole system on this machine. Makes the secrets once, builds the API, starts everything, says where it is. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = import.meta.dirname;
const root = join(directory, '..');

/** The files that make the stack of a laptop. */
const files = ['compose.yaml', 'compose.build.yaml'].flatMap((file) => ['-f', join(directory, file)]);

if (spawnSync('docker', ['compose', 'version']).status !== 0) {
  fail('docker compose does not answer: install Docker with its Compose plugin, and start it');
}
const secrets = process.env['SLUICE_SECRETS'] ?? join(directory, 'secrets');
refuseStrangersData();
run('sh', [join(directory, 'make-secrets.sh'), secrets]);

const { version } = JSON.parse(readFileSync(join(root, 'service/package.json'), 'utf8')) as { version: string };
const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim() || 'unknown';
const environment = {
  SLUICE_VERSION: version,
  SLUICE_COMMIT: commit,
  // A laptop is its own only reader.
  SLUICE_READS: 'open',
  ...process.env,
  SLUICE_IMAGE: process.env['SLUICE_IMAGE'] ?? 'release-ledger:dev',
};
const wanted = process.argv.slice(2);
run(
  'docker',
  ['compose', ...files, ...(wanted.length > 0 ? wanted : ['up', '--detach', '--build', '--wait'])],
  environment,
);

if (wanted.length === 0) {
  console.log(`
The API    http://localhost:8080/docs (its token: compose/secrets/tokens/deploy)
Prometheus http://localhost:9090
Grafana    http://localhost:3001, user admin, password in compose/secrets/grafana/admin
Stop it    npm run stack -- down        (with --volumes: and forget the data)`);
}

/** A database keeps the passwords it was made with: new secrets would not open the volume of an earlier copy of this repository. */
function refuseStrangersData(): void {
  const volume = `${process.env['COMPOSE_PROJECT_NAME'] ?? 'sluice'}_postgres-data`;
  const file = join(secrets, 'postgres/superuser');
  if (existsSync(file) || spawnSync('docker', ['volume', 'inspect', volume]).status !== 0) return;
  fail(
    `the volume ${volume} holds a database whose passwords are not in ${secrets}: put them back there, or forget its data by "docker volume rm ${volume}"`,
  );
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  if (error) fail(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message: string): never {
  console.error(`stack: ${message}`);
  process.exit(2);
}
