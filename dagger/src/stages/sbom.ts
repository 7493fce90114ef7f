/** sbom: the image's bill of materials, one CycloneDX document a platform. */
import { overImage } from './image.ts';
import type { Stage } from './stage.ts';

export const sbom: Stage = {
  name: 'sbom',
  evidence: (run, attempt) => overImage('sbom', run, attempt),
};
