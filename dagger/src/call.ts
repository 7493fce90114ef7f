/** One call of the module: what it judges, with which images and by which means. Checks what the user gave before anything runs. */
import type { Directory, File } from '@dagger.io/dagger';
import type { Access } from './access.ts';
import { type ImageTable, imageTable, parseOverrides } from './images.ts';
import { Mistake } from './mistake.ts';
import { checkDatabaseSource, type DatabaseSource } from './vulnerability-db.ts';

/** What any work needs, whatever it is about. */
export interface Tools extends Access {
  images: ImageTable;
}

export interface Call extends Tools {
  source: Directory;
  policy?: File;
  mirror?: string;
  database: DatabaseSource;
  /** Tells what this call did itself from what the engine's cache answered. */
  startedAt: Date;
}

/** What the constructor took. */
export interface Settings extends Access {
  mirror?: string;
  images?: File;
  database: DatabaseSource;
}

/**
 * Opens a call.
 * @throws Mistake where the images file or the database's source has one, or the source is no package
 */
export async function openCall(settings: Settings, source: Directory, policy?: File): Promise<Call> {
  const { mirror, database, npmrc, caCertificates } = settings;
  checkDatabaseSource(database);
  const images = await imagesOf(settings);
  if (!(await source.entries()).includes('package.json')) {
    throw new Mistake(
      'looked for package.json in the root of the source and found none: name the repository with --source',
    );
  }
  // The repository's own policy unless another is given; without either the gate's defaults hold.
  const own = (await source.exists('sluice.yaml')) ? source.file('sluice.yaml') : undefined;
  return {
    source,
    policy: policy ?? own,
    images,
    mirror,
    database,
    npmrc,
    caCertificates,
    startedAt: new Date(),
  };
}

/**
 * The images that a call uses.
 * @throws Mistake where the images file has one
 */
export async function imagesOf({ mirror, images }: Pick<Settings, 'mirror' | 'images'>): Promise<ImageTable> {
  const overrides = images && parseOverrides(await images.contents(), await images.name());
  return imageTable({ mirror, overrides });
}

/** Ends the call with one line and exit code 2: a thrown error would end it with 1, but the engine hands on how the runtime's process ended. */
export function refuse(mistake: Mistake): never {
  console.error(`sluice: ${mistake.message}`);
  process.exit(2);
}
