/** The package managers' own audits: which command, and what says that nobody was there to answer it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StagePolicy } from '../policy.ts';
import type { PackageManager } from '../project.ts';
import { readAs, Report, UnreadableReport } from '../readers/index.ts';
import type { NoPlan, Plan } from './stage.ts';

/** The report of deps, whoever writes it. */
export const auditReport = 'audit.json';

/** The audit by a package manager. It asks the registry, and not every registry has an answer. */
export function audit(directory: string, manager: PackageManager, policy: StagePolicy, reports: string): Plan | NoPlan {
  if (manager === 'yarn' && !isYarnOne(directory)) {
    return { notRun: "yarn's audit is as silent about a refusal as about a clean lockfile: runs in Dagger only" };
  }
  const all = policy.developmentDependencies;
  const commands: Record<PackageManager, string[]> = {
    // --include wins over what an .npmrc omits.
    npm: [
      'npm',
      'audit',
      '--json',
      ...(all ? ['--include=dev', '--include=optional', '--include=peer'] : ['--omit=dev']),
    ],
    pnpm: ['pnpm', 'audit', '--json', ...(all ? [] : ['--prod'])],
    yarn: ['yarn', 'audit', '--json', ...(all ? [] : ['--groups', 'dependencies'])],
  };
  const format = `${manager}-audit`;
  return {
    tool: manager,
    directory,
    command: commands[manager],
    stdoutReport: auditReport,
    reports: [{ file: auditReport, format }],
    finish: () => unanswered(join(reports, auditReport), format),
  };
}

/** A registry without an audit, or none that can be reached, says nothing about the project: a bare machine can't do better. */
function unanswered(file: string, format: string): { notRun: string } | undefined {
  try {
    const { broken } = readAs(format, new Report(auditReport, readFileSync(file)), {});
    return broken !== undefined && /https?:\/\/|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/.test(broken)
      ? { notRun: broken }
      : undefined;
  } catch (error) {
    // The gate says what is wrong with the report.
    if (error instanceof UnreadableReport) return undefined;
    throw error;
  }
}

/** Later yarns write a `__metadata` entry; yarn 1 writes a comment "yarn lockfile v1". */
function isYarnOne(directory: string): boolean {
  const file = join(directory, 'yarn.lock');
  return existsSync(file) && !readFileSync(file, 'utf8').includes('__metadata:');
}
