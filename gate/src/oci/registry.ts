/** A client for one repository of a registry (OCI distribution specification): manifests and blobs, with patience for faults that pass. */
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from './layout.ts';
import { type Descriptor, type Manifest, mediaTypes } from './model.ts';
import { type Repository, shown } from './reference.ts';

export interface Credentials {
  username: string;
  password: string;
}

/** What a registry refused or failed at, in one line. */
export class RegistryError extends Error {
  override name = 'RegistryError';
  /** Undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface Patience {
  /** How often a request is sent at most. Default: 5. */
  attempts: number;
  /** The first pause in milliseconds, doubled each time. Default: 500. */
  pauseMs: number;
  /** The longest pause that a registry may ask for by Retry-After, in milliseconds. Default: 60,000. */
  longestMs: number;
  /** How long one answer may take, in milliseconds. Default: 120,000. */
  timeoutMs: number;
}

const patience: Patience = { attempts: 5, pauseMs: 500, longestMs: 60_000, timeoutMs: 120_000 };

type Body = Uint8Array | AsyncIterable<Uint8Array>;

interface Request {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  url: string;
  /** What the request is for, as an error names it: "push a layer". */
  purpose: string;
  headers?: Record<string, string>;
  /** Opened anew for each attempt. */
  body?: () => Body;
  /** Statuses besides 2xx that are an answer and no fault. */
  expected?: number[];
}

/** A manifest as the registry has it. */
export interface StoredManifest {
  digest: string;
  mediaType: string;
  bytes: Buffer;
  manifest: Manifest;
}

const manifestTypes = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest];

export class Registry {
  readonly repository: Repository;
  private readonly base: string;
  private readonly credentials: Credentials | undefined;
  private readonly patience: Patience;
  private authorization: string | undefined;

  constructor(repository: Repository, options: { credentials?: Credentials; patience?: Partial<Patience> } = {}) {
    this.repository = repository;
    this.base = `${repository.plainHttp ? 'http' : 'https'}://${apiHost(repository.host)}/v2/${repository.path}`;
    this.credentials = options.credentials;
    this.patience = { ...patience, ...options.patience };
  }

  /** The digest behind a tag or a digest; undefined where there is no such manifest. */
  async resolve(reference: string): Promise<string | undefined> {
    return (await this.manifest(reference))?.digest;
  }

  /** @throws RegistryError where its bytes don't have the digest that was asked for */
  async manifest(reference: string): Promise<StoredManifest | undefined> {
    const answer = await this.send({
      ...{ method: 'GET', url: `${this.base}/manifests/${reference}`, purpose: `read ${reference}` },
      headers: { accept: manifestTypes.join(', ') },
      expected: [404],
    });
    if (answer.status === 404) return undefined;
    const bytes = Buffer.from(await answer.arrayBuffer());
    const digest = digestOf(bytes);
    if (reference.startsWith('sha256:') && reference !== digest) {
      throw new RegistryError(`${shown(this.repository)} answers ${reference} with something else: ${digest}`);
    }
    const manifest = JSON.parse(bytes.toString()) as Manifest;
    return { digest, mediaType: manifest.mediaType ?? answer.headers.get('content-type') ?? '', bytes, manifest };
  }

  /** Writes a manifest by its digest, or by a tag as well. */
  async putManifest(bytes: Buffer, mediaType: string, tag?: string): Promise<string> {
    const digest = digestOf(bytes);
    await this.send({
      ...{ method: 'PUT', url: `${this.base}/manifests/${tag ?? digest}` },
      purpose: tag ? `set the tag ${tag}` : `push the manifest ${digest}`,
      headers: { 'content-type': mediaType },
      body: () => new Uint8Array(bytes),
    });
    return digest;
  }

  /** A small blob. @throws RegistryError where it is missing or not what its digest says */
  async blob({ digest }: Pick<Descriptor, 'digest'>): Promise<Buffer> {
    const url = `${this.base}/blobs/${digest}`;
    const answer = await this.send({ method: 'GET', url, purpose: `read the blob ${digest}` });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (digestOf(bytes) !== digest) {
      throw new RegistryError(`${shown(this.repository)} answers ${digest} with something else: ${digestOf(bytes)}`);
    }
    return bytes;
  }

  /** A blob of any size, not checked: who reads it to the end can. */
  async *stream({ digest }: Pick<Descriptor, 'digest'>): AsyncGenerator<Uint8Array> {
    const url = `${this.base}/blobs/${digest}`;
    const answer = await this.send({ method: 'GET', url, purpose: `read the blob ${digest}` });
    if (answer.body) yield* answer.body;
  }

  /** Uploads a blob unless the repository has it. Says whether anything was sent. */
  async putBlob({ digest, size }: Descriptor, open: () => Body): Promise<boolean> {
    const purpose = `push the blob ${digest}`;
    const url = `${this.base}/blobs/${digest}`;
    const there = await this.send({ method: 'HEAD', url, purpose, expected: [404] });
    if (there.ok) return false;
    // The upload's own address is good for one attempt: a fault in the middle starts over.
    await this.persistently(purpose, async () => {
      const begun = await this.once({ method: 'POST', url: `${this.base}/blobs/uploads/`, purpose });
      const location = begun.ok && begun.headers.get('location');
      if (!location) return begun;
      const upload = new URL(location, this.base);
      upload.searchParams.set('digest', digest);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
      return this.once({ method: 'PUT', url: upload.href, purpose, headers, body: () => open() });
    });
    return true;
  }

  private send(request: Request): Promise<Response> {
    return this.persistently(request.purpose, () => this.once(request), request.expected);
  }

  /** Tries again what may pass: no answer, 5xx, and 429 after as long as the registry asks for. */
  private async persistently(
    purpose: string,
    work: () => Promise<Response>,
    expected: number[] = [],
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let fault: RegistryError;
      let pause = this.patience.pauseMs * 2 ** (attempt - 1);
      try {
        const answer = await work();
        if (answer.ok || expected.includes(answer.status)) return answer;
        fault = await refusal(answer, this.repository, purpose);
        if (answer.status !== 429 && answer.status < 500) throw fault;
        pause = retryAfter(answer) ?? pause;
      } catch (error) {
        if (error instanceof RegistryError) throw error;
        fault = new RegistryError(`cannot ${purpose}: ${this.repository.host} can't be reached: ${cause(error)}`);
      }
      if (attempt >= this.patience.attempts) throw fault;
      if (pause > this.patience.longestMs) {
        throw new RegistryError(`${fault.message}; it asks to wait ${Math.round(pause / 1000)} s`, fault.status);
      }
      await sleep(pause);
    }
  }

  private async once(request: Request): Promise<Response> {
    const answer = await this.fetch(request);
    if (answer.status !== 401) return answer;
    const authorization = await this.authorize(answer.headers.get('www-authenticate') ?? '');
    if (authorization === undefined || authorization === this.authorization) return answer;
    this.authorization = authorization;
    await answer.body?.cancel();
    return this.fetch(request);
  }

  private fetch({ method, url, headers, body }: Request): Promise<Response> {
    // Uploads may lead to another host, which has its own way to know us: what we know stays at home.
    const isHome = new URL(url).host === apiHost(this.repository.host);
    return fetch(url, {
      method,
      headers: { ...headers, ...(this.authorization && isHome && { authorization: this.authorization }) },
      signal: AbortSignal.timeout(this.patience.timeoutMs),
      ...(body && { body: body() as NonNullable<RequestInit['body']>, duplex: 'half' }),
    });
  }

  /** Answers a registry's challenge: the credentials themselves, or a token that the named service gives for them. */
  private async authorize(challenge: string): Promise<string | undefined> {
    const { username, password } = this.credentials ?? { username: '', password: '' };
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (/^basic\b/i.test(challenge)) return this.credentials && basic;
    const fields: Record<string, string | undefined> = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]): [string, string] => [key!, value!]),
    );
    const realm = fields['realm'];
    if (!/^bearer\b/i.test(challenge) || !realm) return undefined;
    const url = new URL(realm);
    if (url.protocol !== 'https:' && !this.repository.plainHttp) {
      throw new RegistryError(
        `${this.repository.host} wants the credentials sent to ${url.origin}, which does not encrypt`,
      );
    }
    if (fields['service']) url.searchParams.set('service', fields['service']);
    url.searchParams.set('scope', `repository:${this.repository.path}:${this.credentials ? 'pull,push' : 'pull'}`);
    const answer = await this.persistently('get a token', () =>
      fetch(url, {
        ...(this.credentials && { headers: { authorization: basic } }),
        signal: AbortSignal.timeout(this.patience.timeoutMs),
      }),
    );
    const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
    return `Bearer ${token ?? access_token ?? ''}`;
  }
}

/** Docker Hub is called by one name and answers under another. */
function apiHost(host: string): string {
  return host === 'docker.io' ? 'registry-1.docker.io' : host;
}

async function refusal(answer: Response, repository: Repository, purpose: string): Promise<RegistryError> {
  const said = await registryWords(answer);
  const meaning: Record<number, string> = {
    401: `refuses the credentials (401): check --username and --password`,
    403: `refuses (403): these credentials may not do that in ${repository.path}`,
    404: `does not know it (404): is ${repository.path} the right repository?`,
    429: `is asked too often (429)`,
  };
  const what = meaning[answer.status] ?? `answers ${answer.status}`;
  return new RegistryError(`cannot ${purpose}: ${repository.host} ${what}${said ? `: ${said}` : ''}`, answer.status);
}

/** The first error of the registry's own JSON; what a proxy in between writes is not repeated. */
async function registryWords(answer: Response): Promise<string> {
  try {
    const { errors } = (await answer.json()) as { errors?: { code?: string; message?: string }[] };
    return (errors?.[0]?.message ?? errors?.[0]?.code ?? '').split('\n')[0]!.slice(0, 200);
  } catch {
    return '';
  }
}

/** Seconds or a date. */
function retryAfter(answer: Response): number | undefined {
  const text = answer.headers.get('retry-after');
  if (!text) return undefined;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** fetch says "fetch failed" and keeps the reason underneath. */
function cause(error: unknown): string {
  const { cause, name, message } = error as {
    cause?: { code?: string; message?: string };
    name: string;
    message: string;
  };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? cause?.message ?? message;
}
