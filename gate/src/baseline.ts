/** Compares findings with those of the base branch, which its `sluice.sarif` lists: what is new, what was known, what is fixed. */
import { z } from 'zod';
import { fingerprints } from './fingerprint.ts';
import type { Finding } from './model.ts';
import { Report, UnreadableReport } from './readers/report.ts';

/** The name of Sluice's fingerprint among a result's partialFingerprints; the number changes when fingerprints are made otherwise. */
export const fingerprintName = 'sluice/v1';
/** The property of a run in which `sluice.sarif` says how many of its findings the size limits left out. */
export const leftOutProperty = 'sluice/leftOut';

/** A finding of the base branch that is there no more. */
export interface FixedFinding {
  tool: string;
  rule: string;
  message: string;
  path?: string;
}

export interface Baseline {
  /** Whether each finding was in the base already. */
  states: Map<Finding, 'new' | 'known'>;
  fixed: FixedFinding[];
  /** How many findings the base file leaves out for its size: some of the new ones may be known. */
  leftOut: number;
}

const text = z.string().optional();
const base = z.object({
  version: z.literal('2.1.0'),
  runs: z.array(
    z.object({
      tool: z.object({ driver: z.object({ name: z.string() }) }),
      results: z.array(
        z.object({
          ruleId: text,
          baselineState: text,
          message: z.object({ text }),
          partialFingerprints: z.record(z.string(), z.string()).optional(),
          locations: z
            .array(z.object({ physicalLocation: z.object({ artifactLocation: z.object({ uri: text }) }) }))
            .optional(),
        }),
      ),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

/**
 * Waived findings are known too: give all findings of a stage, those that waivers excuse included.
 * @throws UnreadableReport for a base file that is no sluice.sarif
 */
export function baseline(
  current: readonly { stage: string; findings: readonly Finding[] }[],
  baseSarif: string,
): Baseline {
  const { runs } = new Report('sluice.sarif of the base', baseSarif).shaped(base, 'a sluice.sarif');
  const known = new Map<string, FixedFinding>();
  for (const { tool, results } of runs) {
    for (const result of results) {
      const mark = result.partialFingerprints?.[fingerprintName];
      if (mark === undefined) {
        throw new UnreadableReport(
          'sluice.sarif of the base is of another tool: its results have no fingerprint of Sluice',
        );
      }
      const path = result.locations?.[0]?.physicalLocation.artifactLocation.uri;
      if (result.baselineState === 'absent') continue;
      known.set(mark, {
        tool: tool.driver.name,
        rule: result.ruleId ?? '',
        message: result.message.text ?? '',
        ...(path !== undefined && { path: decodeURIComponent(path) }),
      });
    }
  }
  const states = new Map<Finding, 'new' | 'known'>();
  const seen = new Set<string>();
  for (const { stage, findings } of current) {
    for (const [finding, mark] of fingerprints(stage, findings)) {
      states.set(finding, known.has(mark) ? 'known' : 'new');
      seen.add(mark);
    }
  }
  return {
    states,
    fixed: [...known].filter(([mark]) => !seen.has(mark)).map(([, finding]) => finding),
    leftOut: runs.reduce((total, { properties }) => total + Number(properties?.[leftOutProperty] ?? 0), 0),
  };
}
