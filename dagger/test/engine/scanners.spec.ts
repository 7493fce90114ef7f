/** deps, scan and sbom on a real engine: what they find, what a database must be, and that an unchanged project is not scanned again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, noEngine, root } from '../engine.ts';

const good = join(root, 'gate/self-test/project');
const fetchDatabase = join(root, 'gate/src/fetch-database.ts');
const database = process.env['SLUICE_TEST_VULNERABILITY_DB'] ?? 'ghcr.io/aquasecurity/trivy-db:2';

describe('the scanners on a real engine', { skip: noEngine() ?? false }, () => {
  let scratch: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'sluice-scanners-'));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** The good project with a vulnerable package in its lockfile and in its image, and files by which Trivy would look away. */
  function vulnerable(): string {
    const source = join(scratch, 'vulnerable');
    cpSync(good, source, { recursive: true });
    const file = join(source, 'package-lock.json');
    const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, object> };
    lock.packages['node_modules/lodash'] = { version: '4.17.20' };
    writeFileSync(file, JSON.stringify(lock, null, 2));
    writeFileSync(join(source, 'lodash.json'), '{"name":"lodash","version":"4.17.20"}');
    writeFileSync(
      join(source, 'Dockerfile'),
      `${readFileSync(join(source, 'Dockerfile'), 'utf8')}COPY lodash.json /app/node_modules/lodash/package.json\n`,
    );
    writeFileSync(join(source, '.trivyignore'), 'CVE-2021-23337\n');
    writeFileSync(join(source, 'trivy.yaml'), 'severity: [LOW]\n');
    return source;
  }

  test('a vulnerable package fails in the lockfile and in the image, whatever Trivy would be told to ignore', () => {
    const source = vulnerable();
    for (const stage of ['deps', 'scan']) {
      const { exitCode, stderr } = call([stage, '--source', source]);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, new RegExp(`${stage} +failed +\\d+ findings: `));
      assert.match(stderr, /CVE-2021-23337/);
    }
  });

  test('a database that is too old is broken, also as an archive', () => {
    const folder = join(scratch, 'database');
    const node = process.execPath;
    const reference = execFileSync(node, [fetchDatabase, 'resolve', database], { encoding: 'utf8' }).trim();
    execFileSync(node, [fetchDatabase, 'download', reference, folder]);
    const file = join(folder, 'db/metadata.json');
    const metadata = JSON.parse(readFileSync(file, 'utf8')) as object;
    const threeDaysAgo = new Date(Date.now() - 72 * 3_600_000).toISOString();
    writeFileSync(file, JSON.stringify({ ...metadata, UpdatedAt: threeDaysAgo }));
    const archive = join(scratch, 'old.tar');
    execFileSync('tar', ['-cf', archive, '-C', folder, 'db']);
    const flags = ['--vulnerability-db-archive', archive];
    const { exitCode, stderr } = call([...flags, 'deps', '--source', good], { vulnerabilityDb: null });
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /deps +broken +the vulnerability database is 72 hours old, allowed: 48/);
  });

  test('a database that can not be had is broken, each time anew', () => {
    for (const _ of [1, 2]) {
      const { exitCode, stderr } = call(['deps', '--source', good], {
        vulnerabilityDb: 'http://127.0.0.1:9/trivy-db:2',
      });
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, /deps broken: no vulnerability database: .*can't be reached/);
    }
  });

  test('two ways to a database at once are one line, exit 2', () => {
    const archive = join(scratch, 'any.tar');
    writeFileSync(archive, '');
    const flags = ['--vulnerability-db-archive', archive];
    const { exitCode, stderr } = call([...flags, 'deps', '--source', good], { vulnerabilityDb: 'host.example/db:2' });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /--vulnerability-db and --vulnerability-db-archive: give one of them/);
  });

  test('an unchanged project is not scanned again, even where the answer is asked for afresh', () => {
    const started = (name: string): string[] => {
      const reports = join(scratch, name);
      const { exitCode, stderr } = call(['reports', '--source', good, 'export', '--path', reports]);
      assert.equal(exitCode, 0, stderr);
      return ['deps', 'scan', 'sbom'].map((stage) => {
        const record = readFileSync(join(reports, stage, 'stage.json'), 'utf8');
        return `${stage} ${(JSON.parse(record) as { startedAt: string }).startedAt}`;
      });
    };
    assert.deepEqual(started('second'), started('first'));
  });
});
