/** Scores the SAST engine on a labelled corpus: a finding counts for the nearest label of its class within three lines. */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ESLint } from 'eslint';

export interface Found {
  file: string;
  line: number;
  class: string;
}

interface Label extends Found {
  kind: 'defect' | 'lookalike';
  /** The flow goes from one file to another: counted apart. */
  crossFile: boolean;
}

export interface Counts {
  defects: number;
  caught: number;
  lookalikes: number;
  falseAlarms: number;
}

export interface Score {
  byClass: Map<string, Counts>;
  single: Counts;
  crossFile: Counts;
  /** Findings that no label is near, in files that hold some, and in files without any. */
  elsewhere: number;
  harmless: number;
}

const tolerance = 3;

/** What the engine finds in a folder, looked at as the stage looks at a repository. */
export async function findings(folder: string): Promise<Found[]> {
  const config = join(import.meta.dirname, '../../src/sast/eslint.config.js');
  const results = await new ESLint({ cwd: folder, overrideConfigFile: config }).lintFiles(['.']);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => {
      if (ruleId === null) throw new Error(`${filePath}:${line}: ${message}`);
      return { file: relative(folder, filePath).split(sep).join('/'), line, class: ruleId.replace('sluice/', '') };
    }),
  );
}

export function score(found: Found[], folder: string): Score {
  const labels = read<Label[]>(folder, 'labels.json');
  const sets = new Map(read<{ file: string; set: string }[]>(folder, 'files.json').map(({ file, set }) => [file, set]));
  const hit = new Set<Label>();
  const missed = found.filter((one) => {
    const label = nearest(one, labels);
    if (label) hit.add(label);
    return !label;
  });
  const counts = (of: Label[]): Counts => ({
    defects: of.filter(({ kind }) => kind === 'defect').length,
    caught: of.filter((one) => one.kind === 'defect' && hit.has(one)).length,
    lookalikes: of.filter(({ kind }) => kind === 'lookalike').length,
    falseAlarms: of.filter((one) => one.kind === 'lookalike' && hit.has(one)).length,
  });
  const single = labels.filter(({ crossFile }) => !crossFile);
  const classes = [...new Set(single.map((one) => one.class))].sort();
  return {
    byClass: new Map(classes.map((name) => [name, counts(single.filter((one) => one.class === name))])),
    single: counts(single),
    crossFile: counts(labels.filter(({ crossFile }) => crossFile)),
    elsewhere: missed.filter(({ file }) => sets.get(file) !== 'harmless').length,
    harmless: missed.filter(({ file }) => sets.get(file) === 'harmless').length,
  };
}

function nearest(one: Found, labels: Label[]): Label | undefined {
  const distance = (label: Label) => Math.abs(label.line - one.line);
  return labels
    .filter((label) => label.file === one.file && label.class === one.class && distance(label) <= tolerance)
    .sort((a, b) => distance(a) - distance(b))[0];
}

function read<Shape>(folder: string, file: string): Shape {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Shape;
}
