/** Runs `sluice` on large reports in a process of its own, and says what it took. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Measured {
  exitCode: number | null;
  seconds: number;
  /** The most memory that it had at once. */
  maxRssMegabytes: number;
  stderr: string;
}

const main = join(import.meta.dirname, '../src/main.ts');
/** Says at the end what the system counted: only the process itself can tell. */
const teller = `import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS / 1000)));`;

export function measured(args: string[]): Measured {
  const began = performance.now();
  const { status, stderr, output } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(teller)}`, main, ...args],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], encoding: 'utf8' },
  );
  const seconds = (performance.now() - began) / 1000;
  return { exitCode: status, seconds, maxRssMegabytes: Number(output[3] || Number.NaN), stderr };
}

/** Writes the reports folder of a lint stage whose report is as large as asked for. */
export function largeLintReport(
  reports: string,
  megabytes: number,
): { report: string; findings: number; bytes: number } {
  mkdirSync(join(reports, 'lint'), { recursive: true });
  const report = join(reports, 'lint/eslint.json');
  const { stdout } = spawnSync(process.execPath, [
    join(import.meta.dirname, 'large-eslint-report.ts'),
    report,
    String(megabytes),
  ]);
  const { findings, bytes } = JSON.parse(stdout.toString()) as { findings: number; bytes: number };
  const sha256 = createHash('sha256').update(readFileSync(report)).digest('hex');
  const record = {
    ...{ stage: 'lint', tool: 'eslint', version: '10.15.0', image: 'host', command: ['eslint'], root: '/source' },
    ...{ startedAt: '2026-11-22T12:00:00Z', durationMs: 1, exitCode: 1 },
    reports: [{ file: 'eslint.json', format: 'eslint', sha256 }],
  };
  writeFileSync(join(reports, 'lint/stage.json'), JSON.stringify(record));
  return { report, findings, bytes };
}
