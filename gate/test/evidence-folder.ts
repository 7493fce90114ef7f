/** A reports folder as good stages leave it, made of real reports; tests plant their faults in it. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Base } from '../src/baseline.ts';
import { collectEvidence } from '../src/evidence.ts';
import { stageNames, type RunnerName, type StageName, type StageRecord, type Verdict } from '../src/model.ts';
import { defaultPolicy, type Policy } from '../src/policy.ts';
import { stages } from '../src/stages/index.ts';
import { isNamed } from '../src/stages/stage.ts';
import { decide } from '../src/verdict.ts';
import { reportText } from './report-file.ts';

export const day = '2026-11-22';

/** The image that the reports are of. */
const image = {
  digest: `sha256:${'0f'.repeat(32)}`,
  images: ['trivy/image-amd64.json', 'trivy/image-arm64.json'].map((file) => {
    const { ImageID: id, ImageConfig } = (
      JSON.parse(reportText(file)) as { Metadata: { ImageID: string; ImageConfig: { architecture: string } } }
    ).Metadata;
    return { platform: `linux/${ImageConfig.architecture}`, digest: `sha256:${'0e'.repeat(32)}`, id };
  }),
};

const tools: Record<StageName, string> = {
  lint: 'eslint',
  typecheck: 'tsc',
  test: 'jest',
  sast: 'sluice-sast',
  deps: 'trivy',
  build: 'buildkit',
  scan: 'trivy',
  sbom: 'trivy',
  dast: 'zap',
  secrets: 'trivy',
  config: 'trivy',
};

/** What one stage leaves: its record without the list of reports (which follows from the files), and its files. */
export interface Left {
  record: Omit<StageRecord, 'reports'>;
  files: Record<string, string>;
  /** Files that lie there, but that the record does not name. */
  unlisted?: Record<string, string>;
  /** Text in place of stage.json; null for none. */
  stageJson?: string | null;
  /** Changes a file after its hash was taken. */
  tampered?: Record<string, string>;
}

/** A report of Trivy without the vulnerabilities in it. */
function withoutFindings(file: string): string {
  const report = JSON.parse(reportText(file)) as { Results: object[] };
  return JSON.stringify(
    { ...report, Results: report.Results.map((one) => ({ ...one, Vulnerabilities: [] })) },
    null,
    2,
  );
}

/** What a stage leaves when all is well. */
export function good(stage: StageName): Left {
  const files: Record<StageName, Record<string, string>> = {
    lint: { 'eslint.json': reportText('eslint/clean.json') },
    typecheck: { 'tsc.txt': reportText('tsc/build-clean.txt') },
    test: { 'jest.json': reportText('jest/clean.json') },
    sast: { 'sast.sarif': reportText('sarif/sast-clean.sarif') },
    deps: { 'audit.json': reportText('trivy/npm-clean.json') },
    secrets: {
      'scope.json': reportText('secrets-scope/clean.json'),
      'secrets.json': reportText('trivy-secrets/clean.json'),
    },
    config: {
      'compose.json': reportText('config-scope/clean.json'),
      'config.json': reportText('trivy-config/clean.json'),
    },
    scan: {
      'trivy-linux-amd64.json': withoutFindings('trivy/image-amd64.json'),
      'trivy-linux-arm64.json': withoutFindings('trivy/image-arm64.json'),
    },
    sbom: {
      'sbom-linux-amd64.cdx.json': reportText('cyclonedx/trivy-1.7-amd64.json'),
      'sbom-linux-arm64.cdx.json': reportText('cyclonedx/trivy-1.7-arm64.json'),
    },
    dast: {
      'openapi.json': reportText('openapi/items.json'),
      'zap.har': reportText('har/zap-2.17.har'),
      'zap.json': reportText('zap/clean.json'),
    },
    build: {
      'build.json': JSON.stringify({
        kind: 'sluice/build/v1',
        what: 'image',
        files: 12,
        sizeBytes: 96_000_000,
        digest: image.digest,
        platforms: image.images.map(({ platform }) => platform),
      }),
    },
  };
  return {
    record: {
      stage,
      tool: tools[stage],
      version: '1.2.3',
      image: 'node:24@sha256:0',
      command: ['npm', 'run', stage],
      root: '/src/shop',
      // Before the reports in test/reports were made.
      startedAt: '2026-11-22T07:00:00.000Z',
      durationMs: 2100,
      exitCode: 0,
      ...(['scan', 'sbom'].includes(stage) && { subject: image }),
      ...(stage === 'dast' && { subject: { ...image, images: image.images.slice(0, 1) } }),
      ...(['deps', 'scan'].includes(stage) && { database: { updatedAt: `${day}T06:00:00.000Z` } }),
    },
    files: files[stage],
  };
}

/** Lays the folder: every stage as given, else good. It is gone after the test. */
export function evidenceFolder(test: TestContext, left: Partial<Record<StageName, Left>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-evidence-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const stage of stageNames) lay(join(folder, stage), left[stage] ?? good(stage));
  return folder;
}

function lay(folder: string, { record, files, unlisted = {}, stageJson, tampered = {} }: Left): void {
  mkdirSync(folder);
  const reports = Object.entries(files).map(([file, text]) => ({
    file,
    format: formatOf(file),
    sha256: createHash('sha256').update(text).digest('hex'),
  }));
  for (const [file, text] of Object.entries({ ...files, ...unlisted, ...tampered }))
    writeFileSync(join(folder, file), text);
  if (stageJson !== null)
    writeFileSync(join(folder, 'stage.json'), stageJson ?? JSON.stringify({ ...record, reports }));
}

function formatOf(file: string): string {
  const expected = stages.flatMap(({ reports }) => reports).find((one) => isNamed(one, file));
  return [expected?.format ?? 'unknown'].flat()[0]!;
}

export interface Judging {
  policy?: Policy;
  runner?: RunnerName;
  strict?: boolean;
  base?: Base;
}

/** What the gate makes of the folder. */
export async function judge(
  folder: string,
  { policy = defaultPolicy(), runner = 'dagger', strict = false, base }: Judging = {},
): Promise<Verdict> {
  return decide({
    stages: await Promise.all(
      stages.map(async (definition) => ({
        definition,
        evidence: await collectEvidence(join(folder, definition.name), definition, policy.stages[definition.name], {}),
      })),
    ),
    policy: { ...policy, file: 'sluice.yaml' },
    subject: { name: 'shop', revision: '3f2a9c1d'.repeat(5) },
    runner,
    strict,
    ...(base && { base }),
    day,
    finishedAt: new Date(`${day}T12:00:00Z`),
  });
}
