/** make-secrets.sh: what it makes, for whom, and that it never touches what is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';

describe('make-secrets.sh', () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
  const socket = join(home, 'docker.sock');
  const server = createServer();
  const secret = (name: string): string => readFileSync(join(home, 'secrets', name), 'utf8');

  before(() => new Promise<void>((done) => server.listen(socket, done)));
  after(() => {
    server.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('makes every file that compose.yaml names, each for its reader alone', () => {
    const { status, stderr } = make();
    assert.equal(status, 0, stderr);
    const { secrets } = parse(readFileSync(join(import.meta.dirname, '../compose.yaml'), 'utf8')) as {
      secrets: Record<string, { file: string }>;
    };
    const named = Object.values(secrets).map(({ file }) => file.replace(/^\$\{[^}]*\}\//, ''));
    const made = readdirSync(join(home, 'secrets'), { recursive: true, encoding: 'utf8' });
    for (const file of named) assert.ok(made.includes(file), `${file} is missing`);
    assert.equal(statSync(join(home, 'secrets')).mode & 0o777, 0o700);
    const root = process.getuid?.() === 0;
    for (const file of named)
      assert.equal(statSync(join(home, 'secrets', file)).mode & 0o777, root ? 0o400 : 0o444, file);
  });

  it('gives each role a password of its own, the same to both sides', () => {
    const passwords = ['superuser', 'owner', 'api', 'monitor', 'backup'].map((role) => secret(`postgres/${role}`));
    assert.equal(new Set(passwords).size, 5);
    for (const password of passwords) assert.match(password, /^[0-9a-f]{64}$/);
    assert.equal(secret('api/database-url'), `postgres://api:${secret('postgres/api')}@postgres:5432/ledger`);
    assert.equal(
      secret('migrate/database-url'),
      `postgres://ledger_owner:${secret('postgres/owner')}@postgres:5432/ledger`,
    );
    assert.equal(secret('backup/pgpass').trim(), `postgres:5432:ledger:backup:${secret('postgres/backup')}`);
    assert.equal(secret('postgres-exporter/password'), secret('postgres/monitor'));
  });

  it('tells the service the hash of the token, not the token', () => {
    const [token] = JSON.parse(secret('api/tokens')) as { sha256: string }[];
    assert.equal(token!.sha256, createHash('sha256').update(secret('tokens/deploy')).digest('hex'));
    assert.ok(!secret('api/tokens').includes(secret('tokens/deploy')));
  });

  it("writes this machine's lines once", () => {
    const lines = readFileSync(join(home, '.env'), 'utf8').trim().split('\n');
    assert.deepEqual(lines, [`SLUICE_DOCKER_GID=${statSync(socket).gid}`, 'COMPOSE_PROFILES=blue']);
  });

  it('changes nothing the second time, whatever was changed by hand', () => {
    writeFileSync(join(home, '.env'), 'COMPOSE_PROFILES=green\nSLUICE_DOCKER_GID=7\n');
    const before = ['postgres/api', 'api/tokens', 'tokens/deploy', 'grafana/admin'].map(secret);
    const { status, stdout } = make();
    assert.equal(status, 0);
    assert.equal(stdout, '');
    assert.deepEqual(['postgres/api', 'api/tokens', 'tokens/deploy', 'grafana/admin'].map(secret), before);
    assert.equal(readFileSync(join(home, '.env'), 'utf8'), 'COMPOSE_PROFILES=green\nSLUICE_DOCKER_GID=7\n');
  });

  it('says in one line that Docker is not there', () => {
    const { status, stderr } = make({
      SLUICE_ENV_FILE: join(home, 'other.env'),
      SLUICE_DOCKER_SOCKET: join(home, 'none'),
    });
    assert.equal(status, 1);
    assert.match(stderr, /^make-secrets\.sh: .*none is no socket: start Docker.*\n$/);
  });

  function make(environment: Record<string, string> = {}): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('sh', [join(import.meta.dirname, '../make-secrets.sh'), join(home, 'secrets')], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        SLUICE_ENV_FILE: join(home, '.env'),
        SLUICE_DOCKER_SOCKET: socket,
        ...environment,
      },
    });
  }
});
