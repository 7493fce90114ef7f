/** What tells a finding from all others and stays the same when lines move, versions change or the service listens elsewhere. */
import { hash } from 'node:crypto';
import type { Finding } from './model.ts';
import { compare } from './severity.ts';

/**
 * The fingerprints of a stage's findings, in their order. Findings that differ in nothing but their lines and numbers are told apart by
 * their order in the file, so that one more of them is one new finding.
 */
export function fingerprints(stage: string, findings: readonly Finding[]): string[] {
  // Hashes and places in the list, not what they are made of: there may be half a million.
  const alike = new Map<string, number | number[]>();
  for (const [i, finding] of findings.entries()) {
    const key = hash('sha256', identity(stage, finding), 'buffer').toString('hex', 0, 16);
    const group = alike.get(key);
    if (Array.isArray(group)) group.push(i);
    else alike.set(key, group === undefined ? i : [group, i]);
  }
  const marks = new Array<string>(findings.length);
  for (const [key, group] of alike) {
    if (!Array.isArray(group)) marks[group] = `${key}:1`;
    else inFileOrder(group, findings).forEach((i, place) => (marks[i] = `${key}:${place + 1}`));
  }
  return marks;
}

function identity(stage: string, { tool, rule, message, location, package: pack, http }: Finding): string {
  return JSON.stringify([
    stage,
    tool,
    rule,
    message.replace(/\d+/g, '#'),
    location?.path ?? '',
    pack?.name ?? '',
    http ? [http.method, pathOf(http.url)] : '',
  ]);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

function inFileOrder(group: number[], findings: readonly Finding[]): number[] {
  return group.toSorted((i, k) => {
    const [a, b] = [findings[i]!, findings[k]!];
    return (
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
      compare(JSON.stringify(a), JSON.stringify(b))
    );
  });
}
