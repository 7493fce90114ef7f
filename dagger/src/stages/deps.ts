/** deps: Trivy over the lockfile, with the vulnerability database of today. */
import { dag, type Directory } from '@dagger.io/dagger';
import { installManifest } from '../package-manager.ts';
import type { Run } from '../run.ts';
import { trivyOf } from '../trivy.ts';
import { overSource, type Stage } from './stage.ts';

/** What Trivy reads of a project: its lockfile, and what of package.json says which dependencies are for development alone. */
const inputs = ['package.json', 'npm-shrinkwrap.json', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'];

const databasePath = '/vulnerability-db';

export const deps: Stage = {
  name: 'deps',
  async evidence(run, attempt) {
    const [database, source] = await Promise.all([run.vulnerabilityDb(), lockfile(run)]);
    const trivy = trivyOf(run);
    return overSource(
      'deps',
      run,
      attempt,
      { ...trivy, with: (container) => container.with(trivy.with).withMountedDirectory(databasePath, database) },
      { source, flags: ['--vulnerability-db', databasePath] },
    );
  },
};

/** Made of texts, by which the engine's cache knows it: an edit elsewhere must not scan again. */
async function lockfile({ source, policies }: Run): Promise<Directory> {
  const folder = policies.stages['deps']?.['directory'] ?? '.';
  const paths = ['package.json', ...inputs.map((file) => (folder === '.' ? file : `${folder}/${file}`))];
  const found = await Promise.all([...new Set(paths)].map(async (path) => ((await source.exists(path)) ? path : [])));
  const texts = await Promise.all(
    found.flat().map(async (path) => ({ path, text: await source.file(path).contents() })),
  );
  return texts.reduce(
    (all, { path, text }) => all.withNewFile(path, path.endsWith('package.json') ? installManifest(text) : text),
    dag.directory(),
  );
}
