/** What a reader is: one file a report format, which knows nothing of stages or policies. */
import { posix } from 'node:path';
import type { Reading } from '../model.ts';
import type { Report } from './report.ts';

export interface ReadOptions {
  /**
   * Absolute paths under which the source lay when the tool ran; paths in the report become relative to it. A path outside all
   * of them stays as it is: the report was made somewhere else. Default: none.
   */
  roots?: string[];
  /** The folder in which the tool ran, relative to the root: what the report's relative paths start from. Default: the root. */
  directory?: string;
  /** The description of the API (OpenAPI) whose traffic the report recorded; `har` alone reads it. Default: none. */
  description?: Report;
}

export interface Reader {
  /** The name that stages call the format by. */
  format: string;
  /** What people call it: "ESLint JSON". */
  title: string;
  /** A quick look at whether the report is of this format; `read` is the strict one. Never throws. */
  recognises(report: Report): boolean;
  /** @throws UnreadableReport for everything that is not wholly of this format */
  read(report: Report, options: ReadOptions): Reading;
}

/** A path as the report has it → relative to the root of the source, with forward slashes. */
export function sourcePath(path: string, { roots = [], directory = '.' }: ReadOptions): string {
  const slashed = /^[A-Za-z]:\\|^[^/]*\\/.test(path) ? path.replaceAll('\\', '/') : path;
  if (!isAbsolute(slashed)) return posix.normalize(posix.join(directory, slashed));
  for (const root of roots) {
    const prefix = `${root.replaceAll('\\', '/').replace(/\/+$/, '')}/`;
    if (slashed.startsWith(prefix)) return slashed.slice(prefix.length);
  }
  return slashed;
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:\//.test(path);
}

/** True for what package managers put there: not the project's own code. */
export function isInstalled(path: string): boolean {
  return /(^|[/\\])node_modules[/\\]/.test(path);
}
