/** The order of severities, and counting by them. */
import { type Finding, severities, type Severity } from './model.ts';

const ranks: Record<Severity, number> = { critical: 0, high: 1, unknown: 1, medium: 2, low: 3, info: 4 };

/** 0 is the worst; what has no known severity ranks with high. */
export function rank(severity: Severity): number {
  return ranks[severity];
}

/** How many findings there are of each severity; severities without any are left out. */
export function countBySeverity(findings: Finding[]): Partial<Record<Severity, number>> {
  const counts = severities.map((severity) => [severity, findings.filter((one) => one.severity === severity).length]);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0)) as Partial<Record<Severity, number>>;
}

/** The worst first, then by place; the same order whatever order the tools reported in. */
export function inOrder<F extends Finding>(findings: F[]): F[] {
  return findings.toSorted(worstFirst);
}

/** Compares two findings for that order. */
export function worstFirst(a: Finding, b: Finding): number {
  return (
    rank(a.severity) - rank(b.severity) ||
    compare(a.location?.path, b.location?.path) ||
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
    compare(a.rule, b.rule) ||
    compare(JSON.stringify(a), JSON.stringify(b))
  );
}

/** By code points: the order must not depend on the machine's language. */
export function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
