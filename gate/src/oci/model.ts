/** The words of the OCI image specification, as far as Sluice uses them. */

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Platform;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  /** Of an image. */
  config?: Descriptor;
  layers?: Descriptor[];
  /** Of an index. */
  manifests?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** An image's configuration; what else it holds is kept as it is. */
export interface ImageConfig extends Platform {
  created?: string;
  config?: { Labels?: Record<string, string> } & Record<string, unknown>;
  rootfs: { type: 'layers'; diff_ids: string[] };
  history?: ({ created?: string; empty_layer?: boolean } & Record<string, unknown>)[];
}

/** `sha256:` and 64 hex digits. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;
