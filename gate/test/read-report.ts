/** Reads one report as `sluice read` does, and prints what it took: FILE. The large-report test runs it in a process of its own. */
import { readFileSync } from 'node:fs';
import { readAny, Report } from '../src/readers/index.ts';

const began = performance.now();
const reading = readAny(new Report('large.json', readFileSync(process.argv[2]!)), {});
process.stdout.write(
  JSON.stringify({
    findings: reading.findings.length,
    evidence: reading.evidence,
    seconds: (performance.now() - began) / 1000,
    maxRssMegabytes: process.resourceUsage().maxRSS / 1000,
  }),
);
