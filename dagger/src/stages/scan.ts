/** scan: Trivy over the image, with the vulnerability database of today. */
import { overImage } from './image.ts';
import type { Stage } from './stage.ts';

const databasePath = '/vulnerability-db';

export const scan: Stage = {
  name: 'scan',
  async evidence(run, attempt) {
    const database = await run.vulnerabilityDb();
    return overImage('scan', run, attempt, {
      with: (container) => container.withMountedDirectory(databasePath, database),
      flags: ['--vulnerability-db', databasePath],
    });
  },
};
