/** What the audits of npm, pnpm and yarn have in common: the registry's advisory, with its severity, its name and the versions that repair it. */
import { z } from 'zod';
import type { Finding, Severity } from '../model.ts';
import { weaknesses } from './cwe.ts';

export const advisorySeverity = z.enum(['critical', 'high', 'moderate', 'medium', 'low', 'info', 'none']);
const ours: Record<z.output<typeof advisorySeverity>, Severity> = {
  critical: 'critical',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  info: 'info',
  none: 'info',
};

/** The older advisory, which npm 6, pnpm, yarn 1 and yarn 2 to 3 print: one a package, with every installed version. */
export const oldAdvisory = z.object({
  findings: z.array(z.object({ version: z.string(), paths: z.array(z.string()).nullish() })),
  id: z.union([z.int(), z.string()]),
  title: z.string(),
  module_name: z.string(),
  vulnerable_versions: z.string().nullish(),
  patched_versions: z.string().nullish(),
  severity: advisorySeverity,
  cwe: z.union([z.string(), z.array(z.string())]).nullish(),
  github_advisory_id: z.string().nullish(),
  cves: z.array(z.string()).nullish(),
  url: z.string().nullish(),
});
export type OldAdvisory = z.output<typeof oldAdvisory>;

export interface Advisory {
  tool: string;
  id: number | string;
  title: string;
  severity: z.output<typeof advisorySeverity>;
  package: string;
  /** The installed version; the range that is vulnerable where the tool does not say it. */
  version: string;
  fixedIn?: string | undefined;
  cwe?: string | readonly string[] | null | undefined;
  ghsa?: string | null | undefined;
  cves?: readonly string[] | null | undefined;
  url?: string | null | undefined;
}

export function advisoryFinding(one: Advisory): Finding {
  const ghsa = one.ghsa || /\bGHSA(?:-[\da-z]{4}){3}\b/i.exec(one.url ?? '')?.[0];
  return {
    tool: one.tool,
    rule: ghsa ?? String(one.id),
    severity: ours[one.severity],
    toolSeverity: one.severity,
    message: one.title,
    package: { name: one.package, version: one.version, ...(one.fixedIn && { fixedIn: one.fixedIn }) },
    ...weaknesses(one.cwe),
    ...(one.cves?.length && { aliases: [...one.cves] }),
    ...(one.url && { help: one.url }),
  };
}

/** One finding for each installed version of the package, however many paths lead to it. */
export function oldAdvisoryFindings(tool: string, one: OldAdvisory): Finding[] {
  return [...new Set(one.findings.map(({ version }) => version))].map((version) =>
    advisoryFinding({
      tool,
      id: one.id,
      title: one.title,
      severity: one.severity,
      package: one.module_name,
      version,
      fixedIn: fixedIn(one.patched_versions),
      cwe: one.cwe,
      ghsa: one.github_advisory_id,
      cves: one.cves,
      url: one.url,
    }),
  );
}

/** ">=1.4.0 <2.0.0 || >=2.0.1" → "1.4.0, 2.0.1"; undefined for "<0.0.0", the registry's way to say that there is none. */
export function fixedIn(patched: string | null | undefined): string | undefined {
  const versions = [...(patched ?? '').matchAll(/(?:>=|=|\^|~|^|\|\|)\s*v?(\d[\w.+-]*)/g)].map(
    ([, version]) => version!,
  );
  return versions.length > 0 ? versions.join(', ') : undefined;
}

/** "<1.4.0 || >=2.0.0 <2.0.1" → "1.4.0, 2.0.1": where a range of vulnerable versions ends without its end, a repaired one begins. */
export function firstUnaffected(vulnerable: string | null | undefined): string | undefined {
  const versions = [...(vulnerable ?? '').matchAll(/<\s*v?(\d[\w.+-]*)/g)].map(([, version]) => version!);
  return versions.length > 0 ? versions.join(', ') : undefined;
}
