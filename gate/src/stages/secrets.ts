/** secrets: Trivy's secret scan over the whole tree, with nothing by which it looks away; `docs/decisions.md` says why Trivy. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plantSecrets } from '../secrets/planted.ts';
import { layOut } from '../tree/lay-out.ts';
import { readable } from '../tree/readable.ts';
import { dropQuotedSource, hasTrivy, trivyOver } from '../trivy.ts';
import type { StageDefinition } from './stage.ts';

/** `scope.json`: what of the tree the scanner was shown. */
export interface SecretsScope {
  kind: 'sluice/secrets-scope/v1';
  files: number;
  /** What the commit has, and nobody brought along to be looked at. */
  missing: string[];
}

export const scopeFile = 'scope.json';
const reportFile = 'secrets.json';
const configuration = join(import.meta.dirname, '../secrets/trivy-secret.yaml');

export const secrets: StageDefinition = {
  name: 'secrets',
  summary: 'secrets in any file of the tree',
  reports: [
    { file: scopeFile, format: 'secrets-scope' },
    { file: reportFile, format: 'trivy-secrets' },
  ],
  exit: { clean: [0], findings: [] },
  lookedAtNothing: 'looked at no file',
  waivable: true,
  host: true,

  plan(project, policy, reports) {
    if (!hasTrivy()) return { notRun: 'Trivy is not installed' };
    const { folder, files, missing } = layOut(project.root, {
      shown: readable,
      planted: plantSecrets(),
      withCommit: true,
    });
    const report = join(reports, reportFile);
    const flags = ['--scanners', 'secret', '--secret-config', configuration];
    return trivyOver(folder, { flags, report, timeout: policy.timeout }, () => {
      const scope: SecretsScope = { kind: 'sluice/secrets-scope/v1', files: files.length, missing };
      writeFileSync(join(reports, scopeFile), JSON.stringify(scope, null, 2));
      dropQuotedSource(report);
    });
  },
};
