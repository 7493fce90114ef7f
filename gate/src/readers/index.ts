/** Every reader there is. A new format is a file beside this one and a name in this list. */
import type { Reading } from '../model.ts';
import { build } from './build.ts';
import { coverage } from './coverage.ts';
import { cyclonedx } from './cyclonedx.ts';
import { eslint } from './eslint.ts';
import { har } from './har.ts';
import { jest } from './jest.ts';
import { npmAudit } from './npm-audit.ts';
import { openapi } from './openapi.ts';
import { pnpmAudit } from './pnpm-audit.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { type Report, UnreadableReport } from './report.ts';
import { sarif } from './sarif.ts';
import { semgrep } from './semgrep.ts';
import { secretsScope } from './secrets-scope.ts';
import { configScope } from './config-scope.ts';
import { trivyConfiguration, trivySecrets } from './trivy-planted.ts';
import { trivy } from './trivy.ts';
import { tsc } from './tsc.ts';
import { yarnAudit } from './yarn-audit.ts';
import { zap } from './zap.ts';

export { type Reader, type ReadOptions } from './reader.ts';
export { Report, UnreadableReport } from './report.ts';

export const readers: readonly Reader[] = [
  eslint,
  tsc,
  jest,
  coverage,
  build,
  semgrep,
  npmAudit,
  pnpmAudit,
  yarnAudit,
  trivy,
  zap,
  har,
  openapi,
  cyclonedx,
  sarif,
  secretsScope,
  configScope,
  // Last: what they read is Trivy's JSON too.
  trivySecrets,
  trivyConfiguration,
];

/** Reads a report that must be of one format. @throws UnreadableReport that says what it is instead */
export function readAs(format: string, report: Report, options: ReadOptions): Reading {
  const reader = readers.find((one) => one.format === format);
  if (!reader) throw new UnreadableReport(`${report.fileName}: no reader for the format ${format}`);
  if (!reader.recognises(report)) {
    const other = readers.find((one) => one.recognises(report));
    if (other) throw new UnreadableReport(`${report.fileName} is ${other.title}, not ${reader.title}`);
  }
  return reader.read(report, options);
}

/** Reads a report of any known format. @throws UnreadableReport where no reader knows it */
export function readAny(report: Report, options: ReadOptions): Reading {
  const reader = readers.find((one) => one.recognises(report));
  if (reader) return reader.read(report, options);
  if (/^\s*($|[[{])/.test(report.text)) report.json();
  throw new UnreadableReport(
    `${report.fileName} is of no format known here (${readers.map((one) => one.title).join(', ')}): it is ${report.looksLike()}`,
  );
}
