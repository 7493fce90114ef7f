/** Verdicts made by hand, for the tests of what is done with one. */
import { type Base, marked } from '../src/baseline.ts';
import type { Finding, StageName, StageResult, StageStatus, Verdict, WaivedFinding } from '../src/model.ts';

export const aFinding = (over: Partial<Finding> = {}): Finding => ({
  tool: 'trivy',
  rule: 'CVE-2099-1',
  severity: 'high',
  message: 'A flaw',
  ...over,
});

/** What a stage found, with fingerprints as the gate gives them. */
export function aStage(
  name: string,
  tool: string,
  findings: Finding[],
  status: StageStatus = 'failed',
  base?: Base,
): StageResult {
  return {
    stage: name as StageName,
    status,
    reason: 'because',
    counts: {},
    evidence: [],
    findings: marked(name as StageName, findings, base),
    required: true,
    tool,
    version: '1.2.3',
    startedAt: '2026-11-22T08:00:00Z',
    durationMs: 1500,
  };
}

export function aVerdict(stages: StageResult[], waived: WaivedFinding[] = []): Verdict {
  return {
    schema: 'verdict/v1',
    status: 'failed',
    runner: 'dagger',
    preview: false,
    subject: { name: 'shop', revision: 'abc' },
    stages,
    findings: {},
    waived,
    warnings: [],
    policy: '',
    finishedAt: '2026-11-22T08:00:02Z',
  };
}
