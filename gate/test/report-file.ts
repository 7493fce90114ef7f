/** The real reports in test/reports, one folder a tool. They were made below /src/shop. */
import { readFileSync } from 'node:fs';
import { type Reading } from '../src/model.ts';
import { readAs, Report, UnreadableReport } from '../src/readers/index.ts';

/** A report by its path below test/reports: "jest/clean.json". */
export function reportText(path: string): string {
  return readFileSync(new URL(`reports/${path}`, import.meta.url), 'utf8');
}

/** What the reader of a format makes of a report, or of a changed text of it. */
export function read(path: string, text = reportText(path)): Reading {
  const [format = '', file = ''] = path.split('/');
  return readAs(format, new Report(file, text), { roots: ['/src/shop'] });
}

/** Why a text can't be read as a format. */
export function refusal(path: string, text: string): string {
  try {
    read(path, text);
  } catch (error) {
    if (error instanceof UnreadableReport) return error.message;
    throw error;
  }
  return 'read without complaint';
}

/** "high no-eval src/a.js:3", one line a finding. */
export function brief({ findings }: Reading): string[] {
  return findings.map(({ severity, rule, location, suppressed }) =>
    [severity, rule, `${location?.path}:${location?.line}`, ...(suppressed ? ['suppressed'] : [])].join(' '),
  );
}

/** {files: 3, …} */
export function counts({ evidence }: Reading): Record<string, number> {
  return Object.fromEntries(evidence.map(({ kind, count }) => [kind, count]));
}
