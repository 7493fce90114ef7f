/** Every image that Sluice pulls, pinned by digest in one table; the rewrite to a mirror; the replacement of single entries. Imports nothing from Dagger. */
import { Mistake } from './mistake.ts';

const digest = /@sha256:[0-9a-f]{64}$/;

/** The built-in table. The names are what `--images` replaces. */
export const builtIn = {
  /** The project's Node where it asks for 20, which is past its end of life. */
  node20:
    'docker.io/library/node:20.20.2-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0',
  /** The project's Node where it asks for 22. */
  node22:
    'docker.io/library/node:22.23.2-bookworm-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9',
  /** The project's Node by default, and always the gate's own. */
  node24:
    'docker.io/library/node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6',
  /** What the service's image runs on: nothing but Node. */
  nodeRuntime:
    'gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e',
  /** The database of the test stage. */
  postgres15:
    'docker.io/library/postgres:15.19-alpine@sha256:f7d23353e1b15400d22ebe31189f4d314b87a4c129cc400c8c2d8d4ca127bf81',
  /** The scanner of dependencies, secrets, configuration and images, and the maker of the SBOM. The newest version that two named repositories pin alike. */
  trivy: 'docker.io/aquasec/trivy:0.74.0@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969',
  /** The signer of releases. Its program runs beside the gate, its roots of trust come along. */
  cosign:
    'ghcr.io/sigstore/cosign/cosign:v3.1.3@sha256:9e5c2f2edc34351160407ca3416c61855bdf9403c3c5936e0f0be7fc261611b8',
  /** The scanner of the running image. The digest stands under the tag stable as well. */
  zap: 'ghcr.io/zaproxy/zaproxy:2.17.0@sha256:781a2bdaea47324e7bab583e2263f21d257b0aee61ed51521a5be45f5f5081ef',
  /** The front door of the Compose stack. */
  nginx:
    'docker.io/nginxinc/nginx-unprivileged:1.30.5-alpine@sha256:15c994d10d6d78658721c3bcafff14cb281fba2a4bdf9d5ba92c416a472516e3',
  /** The database of the Compose stack: with glibc, whose tools its backup script is written for. */
  postgres15Host:
    'docker.io/library/postgres:15.19-bookworm@sha256:539ceaaae49b3a7c8a04467cf00cc6788d8e3f1675df41860d86eebc4c40524f',
  /** Metrics and rules of the Compose stack. */
  prometheus:
    'docker.io/prom/prometheus:v3.14.0@sha256:5ce7540c3c00ef4ab0c9d2c995c6a5b9c421f44b4a115d97a2c7af3b1c21cbb0',
  /** Logs of the Compose stack. */
  loki: 'docker.io/grafana/loki:3.7.6@sha256:efd47c67f9bac88ca29bcf8cb997d9ab29d1848bd0aff579282295542a745952',
  /** Ships logs to Loki. */
  alloy: 'docker.io/grafana/alloy:v1.18.1@sha256:0f4434c92b3e6cdac38bb129b344e1790c246f7b6e2eaffcc16a5fa363240e33',
  /** Dashboards and notifications of the Compose stack. */
  grafana: 'docker.io/grafana/grafana:13.2.0@sha256:3fd54ae1214669f8355f065ec9f6445d5279a3d77095ab048ca045685272429b',
  /** Stands between Alloy and Docker's socket. */
  socketProxy:
    'docker.io/wollomatic/socket-proxy:1.13.1@sha256:3935b709275e4ec35d6ed5a5c4a1f0d01ed31eec5e7234efc3357ecd47689002',
  /** PostgreSQL's figures for Prometheus. */
  postgresExporter:
    'quay.io/prometheuscommunity/postgres-exporter:v0.20.1@sha256:ac5ec343104fae0e2d84a27bb8d69b38430a11910c5382cad85d478d2bab713e',
  /** Nginx's figures for Prometheus. */
  nginxExporter:
    'docker.io/nginx/nginx-prometheus-exporter:1.5.1@sha256:9f6d963bb2b19d706d401cc3e2c3ea8de2f1c471b96a2156ca45e76f650b1625',
  /** Docker's command line, Compose and an SSH client: how `deploy` reaches a host, and what works on it; Compose renders for the stage config. Works with Docker 20.10 to 29. */
  dockerCli: 'docker.io/library/docker:28-cli@sha256:625d9431a9f54c5a2bc90f24f0e1c3d55b1349fd857dd85035f98c2c9acbdd4d',
} as const;

export type ImageName = keyof typeof builtIn;
export type ImageTable = Record<ImageName, string>;

/** The table that one call uses. A mirror replaces the registry of the built-in entries; an override stands as it is written. */
export function imageTable(options: { mirror?: string; overrides?: Partial<ImageTable> } = {}): ImageTable {
  const mirrored = Object.entries(builtIn).map(([name, reference]) => [name, onMirror(reference, options.mirror)]);
  return { ...(Object.fromEntries(mirrored) as ImageTable), ...options.overrides };
}

/** True where the table says something else than the built-in one. */
export function isReplaced(table: ImageTable, name: ImageName): boolean {
  return table[name] !== builtIn[name];
}

/** The same digest, pulled from another host; a mirror may carry a path ("harbor.example/docker-hub"). */
function onMirror(reference: string, mirror: string | undefined): string {
  if (!mirror) return reference;
  return `${mirror.replace(/\/+$/, '')}/${reference.slice(reference.indexOf('/') + 1)}`;
}

/**
 * Reads a file of replacements: one JSON object from names of the table to references.
 * @throws Mistake that names file and line
 */
export function parseOverrides(text: string, file: string): Partial<ImageTable> {
  const overrides: Partial<ImageTable> = {};
  for (const { key, value, line } of flatObject(text, file)) {
    if (!Object.hasOwn(builtIn, key)) {
      throw new Mistake(`${file}:${line}: no image is called "${key}": ${Object.keys(builtIn).join(', ')}`);
    }
    if (!digest.test(value)) {
      throw new Mistake(`${file}:${line}: ${key} is not pinned by digest: write HOST/NAME:TAG@sha256:DIGEST`);
    }
    overrides[key as ImageName] = value;
  }
  return overrides;
}

/** Walks a flat JSON object of strings and keeps the line of each entry, which JSON.parse forgets. */
function* flatObject(text: string, file: string): Generator<{ key: string; value: string; line: number }> {
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match) position += match[0].length;
    return match;
  };
  const line = (): number => text.slice(0, position).split('\n').length;
  const expected = (what: string): Mistake => {
    take(/\s*/y);
    return new Mistake(`${file}:${line()}: expected ${what}: the file is one JSON object {"name": "reference", …}`);
  };

  if (!take(/\s*\{/y)) throw expected('"{"');
  if (!take(/\s*\}/y)) {
    do {
      const entry = take(/\s*"([^"\\]*)"\s*:\s*"([^"\\]*)"/y);
      if (!entry) throw expected('"name": "reference"');
      yield { key: entry[1]!, value: entry[2]!, line: line() };
    } while (take(/\s*,/y));
    if (!take(/\s*\}/y)) throw expected('"," or "}"');
  }
  if (!take(/\s*$/y)) throw expected('the end of the file');
}
