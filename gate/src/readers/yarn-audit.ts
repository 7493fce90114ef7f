/**
 * Reads what yarn prints line by line: `yarn audit --json` of yarn 1, `yarn npm audit --json` of yarn 4.
 * Yarn 1 repeats an advisory for each path to the package; one finding is made for each installed version.
 * Yarn 4 says nothing at all where it found nothing, so that its clean report can't be told from none: it is refused as empty.
 */
import { z } from 'zod';
import type { Finding, Reading } from '../model.ts';
import { advisoryFinding, advisorySeverity, firstUnaffected, oldAdvisory, oldAdvisoryFindings } from './advisory.ts';
import type { Reader } from './reader.ts';
import { Report, UnreadableReport } from './report.ts';

const line1 = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('auditAdvisory'),
    data: z.object({ resolution: z.object({ path: z.string() }), advisory: oldAdvisory }),
  }),
  z.object({
    type: z.literal('auditSummary'),
    data: z.object({
      vulnerabilities: z.record(z.string(), z.int()),
      totalDependencies: z.int(),
    }),
  }),
  z.object({ type: z.literal('error'), data: z.unknown() }),
  z.object({ type: z.enum(['info', 'warning', 'verbose', 'auditAction', 'step', 'activityStart', 'activityEnd']) }),
]);

const line4 = z.object({
  value: z.string(),
  children: z.object({
    ID: z.union([z.int(), z.string()]),
    Issue: z.string(),
    URL: z.string().nullish(),
    Severity: advisorySeverity,
    'Vulnerable Versions': z.string().nullish(),
    'Tree Versions': z.array(z.string()).min(1),
  }),
});

export const yarnAudit: Reader = {
  format: 'yarn-audit',
  title: 'yarn audit JSON lines',

  recognises(report) {
    const [first] = lines(report.text.slice(0, 100_000));
    if (first === undefined || !first.startsWith('{')) return false;
    return (
      /^\{"type":"(auditAdvisory|auditSummary|info|error|warning)"/.test(first) ||
      /^\{"value":"[^"]+","children":\{/.test(first)
    );
  },

  read(report) {
    const all = lines(report.text);
    if (all.length === 0) throw new UnreadableReport(`${report.fileName} is empty`);
    const parts = all.map((text, i) => new Report(`${report.fileName}:${i + 1}`, text));
    return all[0]!.startsWith('{"value"') ? readYarn4(parts, this) : readYarn1(parts, this);
  },
};

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((one) => one.trim() !== '');
}

function readYarn1(parts: Report[], { format, title }: Reader): Reading {
  const findings = new Map<string, Finding>();
  let advisories = 0;
  let totals: Extract<z.output<typeof line1>, { type: 'auditSummary' }>['data'] | undefined;
  let broken: string | undefined;
  for (const part of parts) {
    const line = part.shaped(line1, title);
    if (line.type === 'error') broken ??= `yarn audit: ${String(line.data).split('\n')[0]}`;
    if (line.type === 'auditSummary') totals = line.data;
    if (line.type === 'auditAdvisory') {
      advisories += 1;
      for (const one of oldAdvisoryFindings('yarn', line.data.advisory)) {
        findings.set(JSON.stringify([one.rule, one.package]), one);
      }
    }
  }
  const total = Object.values(totals?.vulnerabilities ?? {}).reduce((sum, count) => sum + count, 0);
  if (!totals) broken ??= 'yarn audit ended without its summary';
  else if (total !== advisories) broken ??= `yarn audit counts ${total} vulnerabilities, but lists ${advisories}`;
  return {
    format,
    tool: 'yarn',
    findings: [...findings.values()],
    evidence: [{ kind: 'dependencies', count: totals?.totalDependencies ?? 0 }],
    ...(broken !== undefined && { broken }),
  };
}

function readYarn4(parts: Report[], { format, title }: Reader): Reading {
  const advisories = parts.map((part) => part.shaped(line4, title));
  return {
    format,
    tool: 'yarn',
    findings: advisories.flatMap(({ value, children }) =>
      [...new Set(children['Tree Versions'])].map((version) =>
        advisoryFinding({
          tool: 'yarn',
          id: children.ID,
          title: children.Issue,
          severity: children.Severity,
          package: value,
          version,
          fixedIn: firstUnaffected(children['Vulnerable Versions']),
          url: children.URL,
        }),
      ),
    ),
    evidence: [{ kind: 'vulnerable packages', count: new Set(advisories.map(({ value }) => value)).size }],
  };
}
