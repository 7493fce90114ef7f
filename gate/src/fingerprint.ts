/** What tells a finding from all others and stays the same when lines move, versions change or the service listens elsewhere. */
import { hash } from 'node:crypto';
import type { Finding } from './model.ts';
import { compare } from './severity.ts';

/**
 * A fingerprint for each finding of a stage. Findings that differ in nothing but their lines and numbers are told apart by their
 * order in the file, so that one more of them is one new finding.
 */
export function fingerprints(stage: string, findings: readonly Finding[]): Map<Finding, string> {
  // Hashes, not what they are made of: there may be half a million.
  const alike = new Map<string, Finding | Finding[]>();
  for (const finding of findings) {
    const key = hash('sha256', identity(stage, finding)).slice(0, 32);
    const group = alike.get(key);
    if (Array.isArray(group)) group.push(finding);
    else alike.set(key, group ? [group, finding] : finding);
  }
  const marks = new Map<Finding, string>();
  for (const [key, group] of alike) {
    if (!Array.isArray(group)) marks.set(group, `${key}:1`);
    else inFileOrder(group).forEach((finding, i) => marks.set(finding, `${key}:${i + 1}`));
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

function inFileOrder(group: Finding[]): Finding[] {
  return group.toSorted(
    (a, b) =>
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
      compare(JSON.stringify(a), JSON.stringify(b)),
  );
}
