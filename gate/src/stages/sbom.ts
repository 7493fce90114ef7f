/** sbom: the bill of materials of the image that build made, one CycloneDX document a platform, by Trivy. */
import { overImage } from './image.ts';
import type { StageDefinition } from './stage.ts';

export const sbom: StageDefinition = {
  name: 'sbom',
  summary: 'Trivy over the image: a CycloneDX bill of materials',
  reports: [{ file: 'sbom-*.cdx.json', format: 'cyclonedx' }],
  exit: { clean: [0], findings: [] },
  lookedAtNothing: 'listed no component',
  // The operating system is a component too.
  mustCount: ['library components'],
  ofImage: 'reports',
  waivable: false,
  host: false,

  plan(_project, policy, reports, inputs) {
    return overImage(inputs, policy, reports, {
      format: 'cyclonedx',
      reader: 'cyclonedx',
      report: (platform) => `sbom-${platform.replaceAll('/', '-')}.cdx.json`,
      flags: [],
    });
  },
};
