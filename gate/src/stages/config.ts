/**
 * config: how containers are built and run. Dockerfiles and Kubernetes manifests by Trivy's own checks, Compose files by Sluice's rules
 * over the model that Compose renders.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { plantConfiguration } from '../config/planted.ts';
import { composeCommand, composeSets, isComposeFile, type RenderedSet, renderSet } from '../compose/render.ts';
import { layOut, sourceFolder } from '../tree/lay-out.ts';
import { dropQuotedSource, hasTrivy, trivyOver } from '../trivy.ts';
import type { NoPlan, StageDefinition } from './stage.ts';

/** `compose.json`: what there is to be looked at, and the rendered Compose files. */
export interface ConfigScope {
  kind: 'sluice/config-scope/v1';
  dockerfiles: string[];
  manifests: string[];
  composeFiles: string[];
  sets: RenderedSet[];
}

export const configScopeFile = 'compose.json';
const reportFile = 'config.json';

export const config: StageDefinition = {
  name: 'config',
  summary: 'misconfiguration of Dockerfiles, Kubernetes and Compose',
  reports: [
    { file: configScopeFile, format: 'config-scope' },
    { file: reportFile, format: 'trivy-config' },
  ],
  exit: { clean: [0], findings: [] },
  lookedAtNothing: 'looked at no file',
  waivable: true,
  host: true,

  plan(project, policy, reports) {
    const { folder, files } = layOut(project.root, {
      wanted: isConfiguration,
      shown: (bytes) => withoutIgnores(bytes.toString('utf8')),
      planted: plantConfiguration(),
    });
    const text = (path: string) => readFileSync(join(folder, sourceFolder, path), 'utf8');
    const composeFiles = [...new Set([...files.filter(isComposeFile), ...(policy.compose ?? []).flat()])].sort();
    const dockerfiles = files.filter(isDockerfile);
    const manifests = files.filter(
      (path) => !composeFiles.includes(path) && isManifest(text(path)) && !inChart(path, files),
    );
    const compose = composeFiles.length > 0 ? composeCommand() : undefined;
    const noPlan = whyNot([...dockerfiles, ...manifests], composeFiles, compose);
    if (noPlan) {
      rmSync(folder, { recursive: true, force: true });
      return noPlan;
    }
    const report = join(reports, reportFile);
    const flags = [
      ...['--scanners', 'misconfig', '--misconfig-scanners', 'dockerfile,kubernetes,helm'],
      ...['--file-patterns', `dockerfile:(?i)${dockerfileName}`, '--skip-check-update', '--show-suppressed'],
    ];
    return trivyOver(folder, { flags, report, timeout: policy.timeout }, () => {
      dropQuotedSource(report);
      const sets = (policy.compose ?? composeSets(files)).map((set) =>
        renderSet(compose!, project.root, set, policy.variables),
      );
      const scope: ConfigScope = { kind: 'sluice/config-scope/v1', dockerfiles, manifests, composeFiles, sets };
      writeFileSync(join(reports, configScopeFile), JSON.stringify(scope, null, 2));
    });
  },
};

function whyNot(files: string[], composeFiles: string[], compose: string[] | undefined): NoPlan | undefined {
  if (files.length + composeFiles.length === 0) {
    const where = 'sluice.yaml names Compose files by stages.config.compose';
    return { absent: `no Dockerfile, Kubernetes manifest or Compose file in the source; ${where}` };
  }
  if (!hasTrivy()) return { notRun: 'Trivy is not installed' };
  if (composeFiles.length === 0 || compose) return undefined;
  return { notRun: `Compose 2 or newer is not installed, and nothing else can tell what ${composeFiles[0]} means` };
}

/** What Trivy is shown: nothing else can be configuration that it knows. */
function isConfiguration(path: string): boolean {
  return isDockerfile(path) || /\.(ya?ml|tpl)$|(^|\/)(\.helmignore|values\.schema\.json|NOTES\.txt)$/i.test(path);
}

/** Dockerfile, Dockerfile.prod.local, api.dockerfile, Containerfile: more than Trivy knows by itself. Go reads it as JavaScript does. */
const dockerfileName = '(^|/)((Docker|Container)file(\\.[^/]*)?|[^/]*\\.(docker|container)file)$';

function isDockerfile(path: string): boolean {
  return new RegExp(dockerfileName, 'i').test(path) && !path.endsWith('.dockerignore');
}

/** A Kubernetes object by its keys at the top. By its words, not its meaning: a file that can't be parsed must be missed by someone. */
function isManifest(text: string): boolean {
  return text
    .split(/^---.*$/m)
    .some((part) => /^apiVersion:/m.test(part) && /^kind:/m.test(part) && /^metadata:/m.test(part));
}

/** Templates of a Helm chart, which Trivy renders and names otherwise. */
function inChart(path: string, files: string[]): boolean {
  return files.some(
    (file) => basename(file) === 'Chart.yaml' && path.startsWith(`${dirname(file)}/`.replace(/^\.\//, '')),
  );
}

/** Trivy takes `trivy:ignore:…` in a comment for an order and keeps no trace of it: here it is a comment like any other. */
function withoutIgnores(text: string): string {
  return text.replaceAll(/(^|[\s#/*])(trivy|tfsec):(?=\S*ignore:)/gim, '$1$2_');
}
