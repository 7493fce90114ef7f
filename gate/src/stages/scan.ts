/** scan: known vulnerabilities in the packages of the image that build made, on every platform, by Trivy. */
import { openVulnerabilityDb, type VulnerabilityDb } from '../vulnerability-db.ts';
import { overImage } from './image.ts';
import type { StageDefinition } from './stage.ts';

export const scan: StageDefinition = {
  name: 'scan',
  summary: 'Trivy over the image: vulnerable packages',
  reports: [{ file: 'trivy-*.json', format: 'trivy' }],
  exit: { clean: [0], findings: [] },
  lookedAtNothing: 'found no package in the image',
  mustCount: ['operating systems'],
  ofImage: 'reports',
  ofDatabase: true,
  waivable: true,
  host: false,

  plan(_project, policy, reports, inputs) {
    let database: VulnerabilityDb;
    try {
      database = openVulnerabilityDb(inputs.vulnerabilityDb);
    } catch (error) {
      return { broken: (error as Error).message };
    }
    const plan = overImage(inputs, policy, reports, {
      format: 'json',
      reader: 'trivy',
      report: (platform) => `trivy-${platform.replaceAll('/', '-')}.json`,
      flags: ['--scanners', 'vuln', '--list-all-pkgs', '--show-suppressed', ...database.flags],
    });
    return 'command' in plan ? { ...plan, database: database.record } : plan;
  },
};
