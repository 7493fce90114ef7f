/** build: the application by the project's own script on a bare machine; in Dagger the image, which the module builds and this stage records. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noScript, readPackageJson, runScript, stageDirectory } from '../project.ts';
import type { StageDefinition } from './stage.ts';

/** `build.json`: what came of a build. */
export interface BuildReport {
  kind: 'sluice/build/v1';
  what: 'application' | 'image';
  /** Files that the build wrote, or layers in the image. */
  files: number;
  /** Bytes of the output, or of the image's compressed layers. */
  sizeBytes: number;
  /** Of the image: `sha256:…`. */
  digest?: string;
  /** Of the image: `linux/amd64`. */
  platforms?: string[];
  /** Why there is no output: the last lines of the builder. */
  failure?: string;
}

export const buildReportFile = 'build.json';

export const build: StageDefinition = {
  name: 'build',
  summary: 'the application by the script "build"; in Dagger the image',
  reports: [{ file: buildReportFile, format: 'build' }],
  exit: { clean: [0], findings: [1, 2] },
  lookedAtNothing: 'built nothing',
  waivable: false,
  host: true,

  plan(project, policy, reports) {
    const directory = stageDirectory(project, 'build', policy.directory);
    const script = policy.script ?? 'build';
    if (!readPackageJson(directory).scripts?.[script]) return { absent: noScript('build', script, policy.directory) };
    const output = join(directory, policy.output);
    return {
      tool: project.packageManager,
      directory,
      command: runScript(project, script, []),
      finish({ exitCode, lastWords, startedAt }) {
        const report: BuildReport = { kind: 'sluice/build/v1', what: 'application', ...measure(output, startedAt) };
        if (exitCode !== 0) report.failure = lastWords || `exit code ${String(exitCode)}`;
        writeFileSync(join(reports, buildReportFile), JSON.stringify(report, null, 2));
      },
    };
  },
};

/**
 * Counts the files below a folder that were written since a moment, and their bytes; a folder that is not there holds none.
 * What an earlier build left behind says nothing about this one.
 */
function measure(folder: string, since: Date): { files: number; sizeBytes: number } {
  let files = 0;
  let sizeBytes = 0;
  let names: string[] = [];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    // No output: the verdict says "built nothing".
  }
  for (const name of names) {
    const entry = statSync(join(folder, name));
    // Some file systems keep whole seconds only.
    if (!entry.isFile() || entry.mtimeMs < since.getTime() - 1000) continue;
    files += 1;
    sizeBytes += entry.size;
  }
  return { files, sizeBytes };
}
