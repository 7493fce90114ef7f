/**
 * deps: known vulnerabilities of what the lockfile names. With a vulnerability database by Trivy; without one by the package manager's
 * own audit, which asks the registry.
 */
import { copyFileSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StagePolicy } from '../policy.ts';
import { stageDirectory } from '../project.ts';
import { trivyOver } from '../trivy.ts';
import { openVulnerabilityDb, type VulnerabilityDb } from '../vulnerability-db.ts';
import { audit, auditReport } from './audit.ts';
import type { NoPlan, Plan, StageDefinition } from './stage.ts';

/** In the order in which package managers prefer them, and the name by which Trivy knows each. */
const lockfiles = [
  { file: 'npm-shrinkwrap.json', known: 'package-lock.json', manager: 'npm' },
  { file: 'package-lock.json', known: 'package-lock.json', manager: 'npm' },
  { file: 'pnpm-lock.yaml', known: 'pnpm-lock.yaml', manager: 'pnpm' },
  { file: 'yarn.lock', known: 'yarn.lock', manager: 'yarn' },
] as const;

export const deps: StageDefinition = {
  name: 'deps',
  summary: "the lockfile's known vulnerabilities, by Trivy or the package manager's audit",
  reports: [{ file: auditReport, format: ['trivy', 'npm-audit', 'pnpm-audit', 'yarn-audit'] }],
  // Yarn 1 adds up 1, 2, 4, 8 and 16, one for each severity.
  exit: { clean: [0], findings: Array.from({ length: 31 }, (_, i) => i + 1) },
  lookedAtNothing: 'looked at no dependency',
  ofDatabase: true,
  waivable: true,
  host: true,

  plan(project, policy, reports, { vulnerabilityDb }) {
    const directory = stageDirectory(project, 'deps', policy.directory);
    const lockfile = lockfiles.find(({ file }) => existsSync(join(directory, file)));
    if (!lockfile) {
      const names = lockfiles.map(({ file }) => file).join(', ');
      return {
        absent: `no lockfile (${names}) in ${policy.directory}; sluice.yaml names its folder by stages.deps.directory`,
      };
    }
    if (vulnerabilityDb === undefined) return audit(directory, lockfile.manager, policy, reports);
    return overLockfile(directory, lockfile, policy, join(reports, auditReport), vulnerabilityDb);
  },
};

/** Trivy over a folder that holds the lockfile and package.json alone: neither installed packages nor other projects are looked at. */
function overLockfile(
  directory: string,
  lockfile: (typeof lockfiles)[number],
  policy: StagePolicy,
  report: string,
  vulnerabilityDb: string,
): Plan | NoPlan {
  let database: VulnerabilityDb;
  try {
    database = openVulnerabilityDb(vulnerabilityDb);
  } catch (error) {
    return { broken: (error as Error).message };
  }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-deps-'));
  copyFileSync(join(directory, lockfile.file), join(folder, lockfile.known));
  // It tells what is needed for development alone, where the lockfile does not.
  if (existsSync(join(directory, 'package.json'))) {
    copyFileSync(join(directory, 'package.json'), join(folder, 'package.json'));
  }
  const flags = [
    ...['--scanners', 'vuln', '--list-all-pkgs', '--show-suppressed', ...database.flags],
    ...(policy.developmentDependencies ? ['--include-dev-deps'] : []),
  ];
  return {
    ...trivyOver(folder, { flags, report, timeout: policy.timeout }),
    reports: [{ file: auditReport, format: 'trivy' }],
    database: database.record,
  };
}
