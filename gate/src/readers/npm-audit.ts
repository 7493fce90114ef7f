/**
 * Reads `npm audit --json` of npm 7 and newer (auditReportVersion 2).
 * An advisory stands under the package that it is about; the other entries only say whose dependency that package is. So each
 * pair of package and advisory is one finding. npm does not say which version is installed: the range that is vulnerable stands in its place.
 */
import { z } from 'zod';
import type { Finding } from '../model.ts';
import { advisoryFinding, advisorySeverity, firstUnaffected } from './advisory.ts';
import type { Reader } from './reader.ts';

const advisory = z.object({
  source: z.union([z.int(), z.string()]),
  name: z.string(),
  title: z.string(),
  url: z.string().nullish(),
  severity: advisorySeverity,
  cwe: z.union([z.string(), z.array(z.string())]).nullish(),
  range: z.string(),
});
type Advisory = z.output<typeof advisory>;

const vulnerable = z.object({
  name: z.string(),
  severity: advisorySeverity,
  via: z.array(z.union([z.string(), advisory])),
});
type Vulnerable = z.output<typeof vulnerable>;

const audit = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), vulnerable),
  metadata: z.object({
    vulnerabilities: z.object({ total: z.int() }),
    dependencies: z.object({ total: z.int() }),
  }),
});

/** What npm prints instead where it got no answer. */
const failure = z.object({
  message: z.string().optional(),
  error: z.object({ code: z.string().nullish(), summary: z.string().nullish(), detail: z.string().nullish() }),
});

export const npmAudit: Reader = {
  format: 'npm-audit',
  title: 'npm audit JSON (npm 7 and newer)',

  recognises(report) {
    const value = report.jsonIfAny();
    if (typeof value !== 'object' || value === null) return false;
    return 'auditReportVersion' in value || isFailure(value);
  },

  read(report) {
    const value = report.json();
    if (typeof value === 'object' && value !== null && isFailure(value)) {
      const { message, error } = report.shaped(failure, "npm audit's error");
      const said = [error.code, error.summary || message].filter(Boolean).join(': ');
      return {
        format: this.format,
        tool: 'npm',
        findings: [],
        evidence: [{ kind: 'dependencies', count: 0 }],
        broken: `npm audit got no answer: ${said || 'it does not say why'}`,
      };
    }
    const { vulnerabilities, metadata } = report.shaped(audit, this.title);
    const entries = Object.values(vulnerabilities);
    const broken = contradiction(vulnerabilities, metadata.vulnerabilities.total);
    return {
      format: this.format,
      tool: 'npm',
      findings: advisories(entries),
      evidence: [
        { kind: 'dependencies', count: metadata.dependencies.total },
        { kind: 'vulnerable packages', count: entries.length },
      ],
      ...(broken !== undefined && { broken }),
    };
  },
};

/** npm's own error has a summary; pnpm's has a message of the same standing. */
function isFailure(value: object): boolean {
  return 'error' in value && typeof value.error === 'object' && value.error !== null && 'summary' in value.error;
}

function advisories(entries: Vulnerable[]): Finding[] {
  const each = new Map<string, Advisory>();
  for (const one of entries.flatMap(({ via }) => via)) {
    if (typeof one !== 'string') each.set(JSON.stringify([one.name, one.source]), one);
  }
  return [...each.values()].map((one) =>
    advisoryFinding({
      tool: 'npm',
      id: one.source,
      title: one.title,
      severity: one.severity,
      package: one.name,
      version: one.range,
      fixedIn: firstUnaffected(one.range),
      cwe: one.cwe,
      url: one.url,
    }),
  );
}

/** Why the report can't be the whole story. */
function contradiction(entries: Record<string, Vulnerable>, total: number): string | undefined {
  const listed = Object.keys(entries).length;
  if (listed !== total) return `npm audit counts ${total} vulnerable packages, but lists ${listed}`;
  for (const { name, via } of Object.values(entries)) {
    const missing = via.filter((one) => typeof one === 'string').find((one) => !Object.hasOwn(entries, one));
    if (missing !== undefined) return `npm audit has ${name} depend on ${missing}, which it does not list`;
    if (via.length === 0) return `npm audit lists ${name} without a reason`;
  }
  return undefined;
}
