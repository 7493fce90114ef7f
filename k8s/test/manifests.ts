/** The Kubernetes manifests as data: the files as they stand, and what kustomize makes of an overlay. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  resources?: Record<'requests' | 'limits', Record<string, string>>;
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    privileged?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  livenessProbe?: object;
  readinessProbe?: object;
  startupProbe?: object;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}

export interface PodSpec {
  automountServiceAccountToken?: boolean;
  serviceAccountName?: string;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  initContainers?: Container[];
  containers: Container[];
  volumes?: { name: string; [source: string]: unknown }[];
  [host: `host${string}`]: unknown;
}

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: {
    template?: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  data?: Record<string, string>;
}

const directory = join(import.meta.dirname, '..');

/** Every overlay; each is an installation of its own. */
export const overlays: readonly string[] = readdirSync(join(directory, 'overlays'));

/** Every manifest that lies below k8s/, with its file. */
export function committed(): { file: string; manifest: Manifest }[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => documents(readFileSync(join(directory, file), 'utf8')).map((manifest) => ({ file, manifest })))
    .filter(({ manifest }) => !/^(Kustomization|Component)$/.test(manifest.kind));
}

/** What builds overlays here. */
const builder = [['kustomize', 'build'] as const, ['kubectl', 'kustomize'] as const].find(
  ([program, command]) => spawnSync(program, [command, '--help']).status === 0,
);

/** Why overlays can't be built here; undefined where they can. */
export const noKustomize = builder ? undefined : 'neither kustomize nor kubectl is on the PATH';

/** What kustomize makes of a folder, as text. Throws what it said if it can't. */
export function build(folder: string): string {
  if (!builder) throw new Error(noKustomize);
  const [program, command] = builder;
  const { status, stdout, stderr } = spawnSync(program, [command, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder}: ${stderr}`);
  return stdout;
}

export function documents(text: string): Manifest[] {
  return parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as Manifest);
}

/** The pods that a set of manifests leads to, with the name of what makes them; volumes that would be claimed are empty ones. */
export function pods(manifests: Manifest[]): { name: string; labels: Record<string, string>; spec: PodSpec }[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    if (!spec?.template) return [];
    const pod = structuredClone(spec.template.spec);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      pod.volumes = [...(pod.volumes ?? []), { name: claim.metadata.name, emptyDir: {} }];
    }
    return [{ name: `${kind}/${metadata.name}`, labels: spec.template.metadata.labels, spec: pod }];
  });
}

export function containersOf({ initContainers = [], containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}
