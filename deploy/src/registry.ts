/** Reads manifests and blobs from a registry by digest, and believes nothing whose SHA-256 is another. */
import { createHash } from 'node:crypto';
import type { Docker } from './docker.ts';

export interface Credentials {
  username: string;
  password: string;
}

export interface Manifest {
  mediaType?: string;
  layers?: { digest: string; mediaType: string; size: number }[];
  /** Of an index: one a platform. */
  manifests?: { digest: string; platform?: { os: string; architecture: string } }[];
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Larger than any deploy bundle, smaller than what would fill the memory. */
const largest = 64 << 20;

export class Registry {
  readonly #base: string;
  readonly #name: string;
  readonly #credentials: Credentials | undefined;
  readonly #signal: AbortSignal | undefined;
  #authorization: string | undefined;

  private constructor(base: string, name: string, credentials?: Credentials, signal?: AbortSignal) {
    this.#base = base;
    this.#name = name;
    this.#credentials = credentials;
    this.#signal = signal;
  }

  /** The registry of a repository. Plain HTTP only where the host's Docker was told that it may ("insecure-registries"). */
  static async of(
    repository: string,
    docker: Docker,
    credentials?: Credentials,
    signal?: AbortSignal,
  ): Promise<Registry> {
    const { host, name } = place(repository);
    const text = await docker.command('info', '--format', '{{json .RegistryConfig.IndexConfigs}}');
    const known = JSON.parse(text) as Record<string, { Secure: boolean } | undefined>;
    const scheme = known[host]?.Secure === false || /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? 'http' : 'https';
    const address = host === 'docker.io' ? 'registry-1.docker.io' : host;
    return new Registry(`${scheme}://${address}/v2/${name}`, name, credentials, signal);
  }

  async manifest(digest: string): Promise<Manifest> {
    return JSON.parse((await this.#read(`manifests/${digest}`, digest)).toString()) as Manifest;
  }

  blob(digest: string): Promise<Buffer> {
    return this.#read(`blobs/${digest}`, digest);
  }

  async #read(path: string, digest: string): Promise<Buffer> {
    const url = `${this.#base}/${path}`;
    let response = await this.#get(url);
    if (response.status === 401) {
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '');
      response = await this.#get(url);
    }
    if ([401, 403].includes(response.status)) throw this.#closed();
    if (!response.ok) throw new Error(`the registry answered ${response.status} for ${this.#name}/${path}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > largest) throw new Error(`${this.#name}/${path} is larger than ${largest >> 20} MiB`);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    const found = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    if (found !== digest) throw new Error(`the registry gave ${found} for ${digest}: somebody changed it on the way`);
    return body;
  }

  /** A registry that is restarted or busy is asked three times more. */
  async #get(url: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      let problem: string;
      try {
        const headers = {
          accept: manifestTypes,
          ...(this.#authorization ? { authorization: this.#authorization } : {}),
        };
        const response = await fetch(url, { headers, ...(this.#signal ? { signal: this.#signal } : {}) });
        if (response.status < 500 && response.status !== 429) return response;
        problem = `it answered ${response.status}`;
        if (attempt < 4) await pause(Math.min(Number(response.headers.get('retry-after')) || 2 ** (attempt - 1), 15));
      } catch (error) {
        if (this.#signal?.aborted) throw error;
        problem = ((error as Error).cause as Error | undefined)?.message || (error as Error).message;
        if (attempt < 4) await pause(2 ** (attempt - 2));
      }
      if (attempt === 4) throw new Error(`the registry ${new URL(url).host} could not be asked: ${problem}`);
    }
  }

  #closed(): Error {
    return new Error(
      this.#credentials
        ? `the registry does not let ${this.#credentials.username} with this password read ${this.#name}`
        : `the registry lets nobody read ${this.#name} without a password: give --username and --password`,
    );
  }

  /** Basic as it is; for Bearer a token from the place that the registry names. */
  async #authorize(challenge: string): Promise<string> {
    const basic = this.#credentials
      ? `Basic ${Buffer.from(`${this.#credentials.username}:${this.#credentials.password}`).toString('base64')}`
      : undefined;
    if (/^basic/i.test(challenge)) {
      if (!basic) throw this.#closed();
      return basic;
    }
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`, 'i').exec(challenge)?.[1];
    const realm = field('realm');
    if (!/^bearer/i.test(challenge) || !realm)
      throw new Error(`the registry asks for "${challenge}", which is unknown here`);
    const url = new URL(realm);
    if (field('service')) url.searchParams.set('service', field('service')!);
    url.searchParams.set('scope', field('scope') ?? `repository:${this.#name}:pull`);
    const response = await fetch(url, { headers: basic ? { authorization: basic } : {} });
    if ([401, 403].includes(response.status)) throw this.#closed();
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    if (!response.ok || !(token ?? access_token))
      throw new Error(`${url.host} gave no token: it answered ${response.status}`);
    return `Bearer ${token ?? access_token}`;
  }
}

/** Docker's rule: the first part is a host if it looks like one. */
function place(repository: string): { host: string; name: string } {
  const [first, ...rest] = repository.split('/');
  if (rest.length > 0 && /[.:]|^localhost$/.test(first!)) {
    return { host: first!, name: first === 'docker.io' && rest.length === 1 ? `library/${rest[0]}` : rest.join('/') };
  }
  return { host: 'docker.io', name: rest.length === 0 ? `library/${first}` : repository };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, seconds * 1_000));
}
