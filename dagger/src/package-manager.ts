/** Which package manager a project uses, how it installs, and which files the installation reads. Imports nothing from Dagger. */

/** What installs a project's dependencies. */
export interface PackageManager {
  name: 'npm' | 'pnpm' | 'yarn';
  install: string[];
  /** The folder of its download cache. */
  cache: string;
  /** Where it looks for the cache, unless that is its default. */
  environment: Record<string, string>;
}

const lockfiles: [string, PackageManager['name']][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
];

/**
 * Every file that an installation reads, as patterns: with just these in the container, an edit of a source file never installs again.
 * A lockfile, manifests (`package.json` is handled apart, by `installManifest`), and what the managers are configured by.
 */
export const installInputs = [
  ...lockfiles.map(([file]) => file),
  '.npmrc',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
  '.yarnrc',
  '.yarnrc.yml',
  '.yarn/releases/*',
  '.yarn/plugins/**/*.cjs',
  '.yarn/patches/*',
  'patches/**/*.patch',
];

/** The package manager by its lockfile; npm where there is none. `yarnLock` is the text of yarn.lock, which tells yarn 1 from later ones. */
export function packageManager(rootFiles: string[], yarnLock?: string): PackageManager {
  const name = lockfiles.find(([file]) => rootFiles.includes(file))?.[1] ?? 'npm';
  const locked = rootFiles.some((file) => lockfiles.some(([lockfile]) => lockfile === file));
  switch (name) {
    case 'npm':
      return {
        name,
        install: ['npm', locked ? 'ci' : 'install', '--no-audit', '--no-fund'],
        cache: '/cache/npm',
        environment: { NPM_CONFIG_CACHE: '/cache/npm' },
      };
    case 'pnpm':
      return {
        name,
        install: ['corepack', 'pnpm', 'install', '--frozen-lockfile', '--store-dir', '/cache/pnpm'],
        cache: '/cache/pnpm',
        environment: corepack,
      };
    case 'yarn':
      return isYarnOne(yarnLock)
        ? {
            name,
            install: ['yarn', 'install', '--frozen-lockfile', '--non-interactive'],
            cache: '/cache/yarn',
            environment: { YARN_CACHE_FOLDER: '/cache/yarn' },
          }
        : {
            name,
            install: ['corepack', 'yarn', 'install', '--immutable'],
            cache: '/cache/yarn-berry',
            environment: { ...corepack, YARN_GLOBAL_FOLDER: '/cache/yarn-berry' },
          };
  }
}

/** Nobody is there to answer whether corepack may download the manager that the project names. */
const corepack = { COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' };

/** Later yarns write a `__metadata` entry; yarn 1 writes a comment "yarn lockfile v1". */
function isYarnOne(yarnLock: string | undefined): boolean {
  return !yarnLock?.includes('__metadata:');
}

/**
 * What an installation reads of a package.json: everything but the scripts. Editing a script then never installs again, and the project's
 * own `prepare` or `postinstall` does not run before its source is there. What is no JSON stays as it is: the installation will say so.
 */
export function installManifest(text: string): string {
  try {
    const manifest = JSON.parse(text) as Record<string, unknown>;
    delete manifest['scripts'];
    return JSON.stringify(manifest, null, 2);
  } catch {
    return text;
  }
}

/** The scripts that an installation would have run in the project's root, in npm's order. */
export function installScripts(packageJson: string): string[] {
  const { scripts = {} } = JSON.parse(packageJson) as { scripts?: Record<string, string> };
  return ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => Object.hasOwn(scripts, name));
}

/**
 * The programs that a package offers, relative to the root, given its package.json and where that lies. An installation links the programs
 * of workspaces only where the files are there.
 */
export function programs(packageJson: string, path: string): string[] {
  const { bin } = parsed(packageJson) as { bin?: string | Record<string, string> };
  const files = typeof bin === 'string' ? [bin] : Object.values(bin ?? {});
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return files.filter((file) => !file.includes('..')).map((file) => folder + file.replace(/^\.\//, ''));
}

/** What is no JSON has nothing to say. */
function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
