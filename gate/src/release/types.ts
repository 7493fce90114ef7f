/** What the attestations of a release are called, and the predicate that Sluice makes itself. */
import type { Verdict } from '../model.ts';

export const predicateTypes = {
  /** CycloneDX, one statement a platform. */
  sbom: 'https://cyclonedx.org/bom',
  /** verdict.json, whole. */
  verdict: 'urn:sluice:verdict:v1',
  /** SLSA. */
  provenance: 'https://slsa.dev/provenance/v1',
} as const;

/** SLSA provenance v1, as far as Sluice fills it in. */
export interface Provenance {
  buildDefinition: {
    buildType: 'urn:sluice:build:v1';
    externalParameters: { source?: string; revision: string; policy: string };
    internalParameters: { images?: string };
    resolvedDependencies: { uri: string; digest: { gitCommit: string } }[];
  };
  runDetails: { builder: { id: string }; metadata: { startedOn?: string; finishedOn: string } };
}

export interface ProvenanceFacts {
  verdict: Verdict;
  commit: string;
  /** Address of the repository; undefined where the policy does not say. */
  source?: string;
  /** Who ran the build: in GitHub Actions the workflow's address. Default: urn:sluice:builder:dagger. */
  builder?: string;
}

/** Says of what and by whom the image was built. What a build did by itself, Sluice did not watch and does not claim. */
export function provenance({ verdict, commit, source, builder }: ProvenanceFacts): Provenance {
  const build = verdict.stages.find(({ stage }) => stage === 'build');
  return {
    buildDefinition: {
      buildType: 'urn:sluice:build:v1',
      externalParameters: { ...(source && { source }), revision: verdict.subject.revision, policy: verdict.policy },
      internalParameters: { ...(verdict.images && { images: verdict.images }) },
      resolvedDependencies: [{ uri: `git+${source ?? 'unknown'}@${commit}`, digest: { gitCommit: commit } }],
    },
    runDetails: {
      builder: { id: builder ?? 'urn:sluice:builder:dagger' },
      metadata: { ...(build?.startedAt && { startedOn: build.startedAt }), finishedOn: verdict.finishedAt },
    },
  };
}
