/**
 * What a large report costs: makes an ESLint report and prints the seconds and the memory that `sluice read` and `sluice gate` take on it.
 * `npm run bench:memory --workspace gate -- [MEGABYTES]`; default: 104.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeLintReport, measured } from '../test/measured.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-memory-'));
try {
  const { report, findings, bytes } = largeLintReport(folder, Number(process.argv[2] ?? 104));
  console.log(
    `an ESLint report of ${Math.round(bytes / 1e6)} MB with ${findings} findings, Node ${process.versions.node}`,
  );
  for (const [name, args] of [
    ['read', ['read', report]],
    ['gate', ['gate', '--stage', 'lint', '--reports', folder]],
  ] as const) {
    const { exitCode, seconds, maxRssMegabytes, stderr } = measured([...args]);
    // What it finds blocks: that is a failed verdict, not a failed run.
    if (exitCode !== (name === 'gate' ? 1 : 0)) throw new Error(`sluice ${name} ended with ${exitCode}: ${stderr}`);
    console.log(`${name}  ${seconds.toFixed(1).padStart(5)} s  ${maxRssMegabytes.toFixed(0).padStart(4)} MB`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
