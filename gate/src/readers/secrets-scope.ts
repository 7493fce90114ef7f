/** Reads `scope.json` of the stage secrets: how many files the scanner was shown, and which committed ones it was not. */
import { z } from 'zod';
import type { Finding } from '../model.ts';
import type { Reader } from './reader.ts';

const scope = z.strictObject({
  kind: z.literal('sluice/secrets-scope/v1'),
  files: z.int().min(0),
  missing: z.array(z.string()),
});

export const secretsScope: Reader = {
  format: 'secrets-scope',
  title: "the scope of Sluice's secret scan",

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'sluice/secrets-scope/v1';
  },

  read(report) {
    const { files, missing } = report.shaped(scope, this.title);
    return {
      format: this.format,
      tool: 'sluice',
      findings: byFolder(missing).map(([path, count]) => notLookedAt(path, count)),
      evidence: [{ kind: 'files', count: files }],
    };
  },
};

/** One finding a folder: a committed `dist` has hundreds of files and one reason. */
function byFolder(paths: string[]): [path: string, count: number][] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const place = /^(?:.*?\/)?(?:node_modules|dist|coverage|reports|\.data)\//.exec(path)?.[0] ?? path;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts];
}

function notLookedAt(path: string, count: number): Finding {
  return {
    tool: 'sluice',
    rule: 'committed-but-not-looked-at',
    severity: 'medium',
    message: `${path}: ${count === 1 ? 'it is' : `${count} files are`} committed, and neither the source nor git's objects show ${count === 1 ? 'it' : 'them'}`,
    location: { path },
  };
}
