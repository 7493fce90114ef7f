/** The judged repository as the stages need to know it: its package manager and the scripts of its packages. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from './model.ts';

export type PackageManager = 'npm' | 'pnpm' | 'yarn';

export interface PackageJson {
  name?: string;
  scripts?: Record<string, string>;
  engines?: { node?: string };
}

export interface Project {
  /** Absolute path of the repository's root. */
  root: string;
  packageManager: PackageManager;
  /** The root's package.json. */
  packageJson: PackageJson;
}

const lockfiles: [string, PackageManager][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
];

/**
 * Reads what the stages need of a repository.
 * @throws UsageError where there is no readable package.json
 */
export function openProject(directory: string): Project {
  const root = resolve(directory);
  const packageJson = readPackageJson(root);
  const packageManager = lockfiles.find(([file]) => existsSync(join(root, file)))?.[1] ?? 'npm';
  return { root, packageManager, packageJson };
}

/**
 * The package.json of a folder.
 * @throws UsageError that says what was looked for and where
 */
export function readPackageJson(directory: string): PackageJson {
  const file = join(directory, 'package.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new UsageError(`cannot read ${file}: ${String(error)}`);
    throw new UsageError(`looked for package.json in ${directory} and found none: name the repository with --source`);
  }
  try {
    return JSON.parse(text) as PackageJson;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** The absolute folder of a stage, or why there is none. */
export function stageDirectory(project: Project, stage: string, directory: string): string {
  const absolute = resolve(project.root, directory);
  if (relative(project.root, absolute).startsWith('..')) {
    throw new UsageError(`stages.${stage}.directory leads out of the repository: ${directory}`);
  }
  if (!existsSync(absolute)) throw new UsageError(`stages.${stage}.directory does not exist: ${directory}`);
  return absolute;
}

/** The command that runs a script of the project with further arguments, by the project's own package manager. */
export function runScript(project: Project, script: string, args: string[]): string[] {
  // Only npm needs `--` in front of the script's arguments; pnpm and yarn would hand it on.
  const separator = project.packageManager === 'npm' && args.length > 0 ? ['--'] : [];
  return [project.packageManager, 'run', script, ...separator, ...args];
}

/** One line for a stage whose script is missing. */
export function noScript(stage: string, script: string, directory: string): string {
  const where = directory === '.' ? 'package.json' : join(directory, 'package.json');
  return `no script "${script}" in ${where}; sluice.yaml names another by stages.${stage}.script`;
}
