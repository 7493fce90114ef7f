/** Holds the coverage that was measured against the one that the policy asks for. */
import { coverageKinds, type Finding, type Reading } from './model.ts';
import type { StagePolicy } from './policy.ts';

/** What such a finding's rule begins with. */
const prefix = 'coverage of ';

/** True for a finding that is no failing test. */
export function isShortfall({ rule }: Finding): boolean {
  return rule.startsWith(prefix);
}

/** A finding for each kind that falls short. */
export function coverageShortfalls({ tool, coverage }: Reading, { coverage: wanted }: StagePolicy): Finding[] {
  if (!coverage || !wanted) return [];
  return coverageKinds.flatMap((kind) => {
    const { total, covered } = coverage[kind];
    const least = wanted[kind];
    // Of no branch at all, none is left uncovered. No line at all is the reader's business.
    if (least === undefined || total === 0 || covered * 100 >= least * total) return [];
    const message = `${percent(covered, total)} % of ${kind} covered (${covered} of ${total}), the policy asks for ${least} %`;
    return [{ tool, rule: `${prefix}${kind}`, severity: 'high', message }];
  });
}

/** Rounded down to two digits: what falls short must not look as if it did not. */
export function percent(covered: number, total: number): number {
  return Math.floor((covered * 10_000) / total) / 100;
}
