import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { largeLintReport, measured } from '../../test/measured.ts';

const program = (name: string) => fileURLToPath(new URL(`../../test/${name}`, import.meta.url));
const run = async (name: string, ...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, [program(name), ...args]);
  return JSON.parse(stdout) as Record<string, number> & { evidence: { count: number }[] };
};

describe('a report of 100 MB', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'sluice-large-'))));
  after(() => rm(folder, { recursive: true }));

  it('is read in seconds, within 1 GB, and to the last finding', async () => {
    const file = join(folder, 'trivy.json');
    const written = await run('large-report.ts', file, '100');
    const read = await run('read-report.ts', file);
    assert.ok(written['bytes']! >= 100_000_000);
    assert.equal(read['findings'], written['vulnerabilities']);
    assert.equal(read.evidence[0]?.count, written['packages']);
    // Loose on purpose: the machine may be busy.
    assert.ok(read['seconds']! < 60, `${read['seconds']} s`);
    assert.ok(read['maxRssMegabytes']! < 1000, `${read['maxRssMegabytes']} MB`);
  });

  it('is judged and rendered within 1 GB too', () => {
    const { findings } = largeLintReport(folder, 100);
    assert.ok(findings > 400_000);
    const { exitCode, maxRssMegabytes, stderr } = measured(['gate', '--stage', 'lint', '--reports', folder]);
    assert.equal(exitCode, 1, stderr);
    assert.ok(maxRssMegabytes < 1000, `${maxRssMegabytes} MB`);
  });
});
