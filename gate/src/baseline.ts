/** Reads the `sluice.sarif` of a base branch, so that findings can be told apart: new, known there already, or fixed since. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fingerprints } from './fingerprint.ts';
import {
  type Finding,
  type FixedFinding,
  type JudgedFinding,
  type StageName,
  stageNames,
  UsageError,
} from './model.ts';
import { Report, UnreadableReport } from './readers/report.ts';

/** The name of Sluice's fingerprint among a result's partialFingerprints; the number changes when fingerprints are made otherwise. */
export const fingerprintName = 'sluice/v1';
/** Properties by which `sluice.sarif` says what SARIF has no word for. */
export const property = {
  /** Of a run: the verdict. No other tool's file has it. */
  verdict: 'sluice/verdict',
  /** Of a run: how many of its findings the size limits left out. */
  leftOut: 'sluice/leftOut',
  /** Of a result: the stage. */
  stage: 'sluice/stage',
  /** Of a result: who else reported the same advisory. */
  alsoFoundBy: 'sluice/alsoFoundBy',
} as const;

/** What was there before. */
export interface Base {
  /** SHA-256 of the file, hex. */
  sha256: string;
  /** By fingerprint; what a waiver excused there is known too. */
  known: Map<string, FixedFinding>;
  /** How many findings the file leaves out for its size: some of what looks new may be known. */
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
          message: z.object({ text }),
          partialFingerprints: z.record(z.string(), z.string()).optional(),
          locations: z
            .array(z.object({ physicalLocation: z.object({ artifactLocation: z.object({ uri: text }) }) }))
            .optional(),
          properties: z
            .object({
              [property.stage]: text,
              [property.alsoFoundBy]: z
                .array(z.object({ stage: z.string(), tool: z.string(), rule: z.string(), fingerprint: z.string() }))
                .optional(),
            })
            .optional(),
        }),
      ),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

/**
 * Reads the base's findings. Whatever is not wholly a `sluice.sarif` is an error, never an empty base.
 * @throws UnreadableReport for what is no sluice.sarif, in one line that starts with the file's name
 */
export function readBase(fileName: string, content: Uint8Array): Base {
  const { runs } = new Report(fileName, content).shaped(base, 'a sluice.sarif');
  if (runs.length === 0) throw new UnreadableReport(`${fileName} lists no tool: no stage ran when it was made`);
  const known: Base['known'] = new Map();
  for (const { tool, results, properties } of runs) {
    if (properties?.[property.verdict] === undefined) {
      throw new UnreadableReport(`${fileName} is no sluice.sarif: ${tool.driver.name} wrote it, not Sluice`);
    }
    for (const { ruleId = '', message, partialFingerprints, locations, properties: more } of results) {
      const mark = partialFingerprints?.[fingerprintName];
      const stage = stageNamed(more?.[property.stage]);
      if (mark === undefined || stage === undefined) {
        throw new UnreadableReport(
          `${fileName} is no sluice.sarif of this version: a result without a fingerprint or a stage`,
        );
      }
      const uri = locations?.[0]?.physicalLocation.artifactLocation.uri;
      const found = { message: message.text ?? '', ...(uri !== undefined && { path: decoded(uri) }) };
      known.set(mark, { stage, tool: tool.driver.name, rule: ruleId, ...found });
      for (const also of more?.[property.alsoFoundBy] ?? []) {
        const other = stageNamed(also.stage);
        if (other) known.set(also.fingerprint, { stage: other, tool: also.tool, rule: also.rule, ...found });
      }
    }
  }
  return {
    sha256: createHash('sha256').update(content).digest('hex'),
    known,
    leftOut: runs.reduce((total, { properties }) => total + Number(properties?.[property.leftOut] ?? 0), 0),
  };
}

/** Reads the file. @throws UsageError, in one line, for one that can't be read or is no sluice.sarif */
export async function baseIn(file: string): Promise<Base> {
  try {
    return readBase(file, await readFile(file));
  } catch (error) {
    if (error instanceof UnreadableReport) throw new UsageError(`--base: ${error.message}`);
    throw new UsageError(`cannot read the base's sluice.sarif ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** The same findings with their fingerprints, and whether the base has them. */
export function marked(stage: StageName, found: readonly Finding[], base?: Base): JudgedFinding[] {
  const marks = fingerprints(stage, found);
  return found.map((finding, i) => {
    const fingerprint = marks[i]!;
    return { ...finding, fingerprint, ...(base && { baseline: base.known.has(fingerprint) ? 'known' : 'new' }) };
  });
}

function stageNamed(name: string | undefined): StageName | undefined {
  return stageNames.find((one) => one === name);
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
