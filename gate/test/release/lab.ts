/** A real registry, a proxy before it that fails on demand, a small release to publish, and `sluice` as it is called. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { freePort } from '../../src/host/free-port.ts';
import { digestOf, LayoutWriter } from '../../src/oci/layout.ts';
import { type Descriptor, mediaTypes } from '../../src/oci/model.ts';
import { archive } from '../../src/oci/tar.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const registryPrograms = ['docker-registry', 'registry'];

/** Why these tests can't run here; undefined where they can. */
export function missingTools(): string | undefined {
  if (!registryProgram()) return `no registry on the PATH: looked for ${registryPrograms.join(' and ')}`;
  return spawnSync('cosign', ['version']).status === 0 ? undefined : 'cosign is not on the PATH';
}

function registryProgram(): string | undefined {
  return registryPrograms.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** A request that the proxy answers itself. */
export interface Fault {
  method?: string;
  /** What the path has to match. */
  path: RegExp;
  /** How many matching requests pass before. Default: 0. */
  after?: number;
  /** How many get it. Default: all that follow. */
  times?: number;
  status?: number;
  headers?: Record<string, string>;
  /** Cuts the connection instead of answering. */
  cut?: boolean;
  /** Done when the fault strikes; the request then passes, unless there is a status. */
  act?: () => Promise<void>;
}

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-release-test-'));
  /** Of the registry itself, past the proxy. */
  registry = '';
  /** Of the proxy. */
  host = '';
  faults: Fault[] = [];
  /** Everything that went through the proxy: method and path. */
  readonly seen: string[] = [];
  /** Names and passwords that the proxy asks for, once it asks. */
  credentials: string | undefined;
  private readonly stopping: (() => void)[] = [];

  async start(): Promise<this> {
    const data = join(this.folder, 'registry');
    mkdirSync(data);
    const port = await freePort();
    const config = join(this.folder, 'registry.yml');
    writeFileSync(
      config,
      `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${data}}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
    );
    const child = spawn(registryProgram()!, ['serve', config], { stdio: 'ignore' });
    this.stopping.push(() => child.kill('SIGKILL'));
    this.registry = `127.0.0.1:${port}`;
    for (let i = 0; !(await answers(this.registry)); i++) {
      if (i > 100) throw new Error('the registry does not answer');
      await sleep(100);
    }
    const proxy = createServer((incoming, outgoing) => void this.pass(incoming, outgoing));
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    this.stopping.push(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    this.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    execFileSync('cosign', ['generate-key-pair'], {
      ...{ cwd: this.folder, stdio: 'ignore', env: { ...process.env, COSIGN_PASSWORD: secrets.keyPassword } },
    });
    writeFileSync(join(this.folder, 'key-password'), secrets.keyPassword);
    writeFileSync(join(this.folder, 'password'), secrets.password);
    return this;
  }

  stop(): void {
    for (const each of this.stopping) each();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    this.seen.push(`${method} ${url}`);
    if (this.credentials !== undefined && incoming.headers.authorization !== `Basic ${this.credentials}`) {
      incoming.resume();
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="lab"' }).end();
      return;
    }
    const fault = this.faults.find((one) => (one.method ?? method) === method && one.path.test(url));
    if (fault && (fault.after ?? 0) > 0) fault.after = fault.after! - 1;
    else if (fault && (fault.times ?? 1) > 0) {
      if (fault.times !== undefined) fault.times -= 1;
      await fault.act?.();
      if (fault.cut) {
        incoming.socket.destroy();
        return;
      }
      if (fault.status) {
        incoming.resume();
        const codes: Record<number, string> = { 403: 'DENIED', 429: 'TOOMANYREQUESTS' };
        const code = codes[fault.status] ?? 'UNKNOWN';
        const body = JSON.stringify({ errors: [{ code, message: 'injected by the test' }] });
        outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(body);
        return;
      }
    }
    const [hostname, port] = this.registry.split(':');
    const onward = request({ hostname, port, method, path: url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  /** The digest behind a tag, asked past the proxy. */
  async tag(path: string, tag: string): Promise<string | undefined> {
    const answer = await fetch(`http://${this.registry}/v2/${path}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: [mediaTypes.index, mediaTypes.manifest].join(', ') },
    });
    return answer.ok ? answer.headers.get('docker-content-digest')! : undefined;
  }

  /** Points a tag at what a digest names, past the proxy: as somebody else would. */
  async move(path: string, tag: string, digest: string): Promise<void> {
    const base = `http://${this.registry}/v2/${path}/manifests`;
    const found = await fetch(`${base}/${digest}`, {
      headers: { accept: [mediaTypes.index, mediaTypes.manifest].join(', ') },
    });
    const headers = { 'content-type': found.headers.get('content-type')! };
    const answer = await fetch(`${base}/${tag}`, { method: 'PUT', headers, body: await found.arrayBuffer() });
    if (!answer.ok) throw new Error(`could not move ${tag}: ${answer.status}`);
  }

  /** Rewrites the signed statements of an image, past the proxy: payloads change, signatures and everything that points to them follow. */
  async edit(path: string, digest: string, change: (payload: string) => string): Promise<void> {
    const base = `http://${this.registry}/v2/${path}`;
    const accept = [mediaTypes.index, mediaTypes.manifest].join(', ');
    const read = async (name: string): Promise<{ manifests: Descriptor[]; layers: Descriptor[] }> =>
      (await (await fetch(`${base}/manifests/${name}`, { headers: { accept } })).json()) as never;
    const tag = digest.replace(':', '-');
    const index = await read(tag);
    for (const entry of index.manifests) {
      const manifest = await read(entry.digest);
      const bundle = (await (await fetch(`${base}/blobs/${manifest.layers[0]!.digest}`)).json()) as {
        dsseEnvelope: { payload: string };
      };
      const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
      if (change(payload) === payload) continue;
      bundle.dsseEnvelope.payload = Buffer.from(change(payload)).toString('base64');
      const blob = Buffer.from(JSON.stringify(bundle));
      const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
      const upload = new URL(begun.headers.get('location')!, base);
      upload.searchParams.set('digest', digestOf(blob));
      await fetch(upload, { method: 'PUT', body: new Uint8Array(blob) });
      Object.assign(manifest.layers[0]!, { digest: digestOf(blob), size: blob.length });
      const bytes = Buffer.from(JSON.stringify(manifest));
      await this.put(`${base}/manifests/${digestOf(bytes)}`, bytes, mediaTypes.manifest);
      Object.assign(entry, { digest: digestOf(bytes), size: bytes.length });
    }
    await this.put(`${base}/manifests/${tag}`, Buffer.from(JSON.stringify(index)), mediaTypes.index);
  }

  private async put(url: string, bytes: Buffer, type: string): Promise<void> {
    const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(bytes) });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  }
}

/** What must never be seen anywhere. */
export const secrets = {
  keyPassword: 'key-password-4f1c9a',
  username: 'ann',
  password: 'registry-password-77be20',
  ledgerToken: 'ledger-token-c03d55',
  oidcToken: 'oidc-request-token-91ab3e',
};

export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function sluice(...args: string[]): Promise<Answer> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

/** A commit with a policy and a deploy bundle, its image for two platforms, its reports with a passed verdict. */
export class Project {
  readonly folder: string;
  readonly lab: Lab;
  readonly path: string;
  digest = '';
  commit = '';

  constructor(lab: Lab, path: string) {
    this.lab = lab;
    this.path = path;
    this.folder = mkdtempSync(join(lab.folder, 'project-'));
  }

  get archive(): string {
    return `${this.folder}.tar`;
  }

  get reports(): string {
    return `${this.folder}-reports`;
  }

  async make(content: string, options: { committedAt?: string; ledger?: boolean } = {}): Promise<this> {
    const committedAt = options.committedAt ?? '2026-01-02T03:04:05Z';
    mkdirSync(join(this.folder, 'compose'), { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), '{"name":"till"}');
    writeFileSync(join(this.folder, 'compose/compose.yaml'), `# ${content}\nservices: {}\n`);
    writeFileSync(
      join(this.folder, 'sluice.yaml'),
      'project:\n  source: https://example.org/acme/till\n  bundle: [compose/*.yaml]\n',
    );
    const env = { ...process.env, GIT_COMMITTER_DATE: committedAt, GIT_AUTHOR_DATE: committedAt };
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'commit.gpgsign=false'];
    const git = (...args: string[]): string =>
      execFileSync('git', [...who, ...args], { cwd: this.folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', content);
    this.commit = git('rev-parse', 'HEAD');
    this.digest = await smallImage(this.archive, content, committedAt);
    mkdirSync(join(this.reports, 'sbom'), { recursive: true });
    for (const platform of ['linux-amd64']) {
      const components = [
        { type: 'library', name: 'nest', version: '12.0.0', properties: [{ name: 'platform', value: platform }] },
      ];
      const sbom = { bomFormat: 'CycloneDX', specVersion: '1.6', components };
      writeFileSync(join(this.reports, `sbom/sbom-${platform}.cdx.json`), JSON.stringify(sbom));
    }
    this.verdict({});
    return this;
  }

  /** Writes the verdict: a passed one of now, but for what is given. */
  verdict(but: Record<string, unknown>): void {
    const verdict = {
      ...{ schema: 'verdict/v1', status: 'passed', runner: 'dagger', preview: false },
      subject: { name: 'till', revision: this.commit, imageDigest: this.digest },
      ...{
        stages: [
          {
            stage: 'build',
            status: 'passed',
            reason: '4 layers',
            counts: {},
            evidence: [],
            findings: [],
            required: true,
          },
        ],
        findings: { low: 2 },
        waived: [],
        warnings: [],
        policy: 'a1'.repeat(32),
      },
      ...{ images: 'b2'.repeat(32), finishedAt: new Date().toISOString(), ...but },
    };
    writeFileSync(join(this.reports, 'verdict.json'), JSON.stringify(verdict));
  }

  publish(...more: string[]): Promise<Answer> {
    return sluice(...this.publishArguments(), ...more);
  }

  /** For who wants the process itself. */
  publishCommand(): string[] {
    return [main, ...this.publishArguments()];
  }

  private publishArguments(): string[] {
    const { folder } = this.lab;
    return [
      ...['publish', '--repository', `http://${this.lab.host}/${this.path}`, '--archive', this.archive],
      ...['--reports', this.reports, '--source', this.folder, '--key', join(folder, 'cosign.key')],
      ...['--key-password-file', join(folder, 'key-password'), '--no-transparency-log'],
    ];
  }

  verify(reference = `@${this.digest}`, ...more: string[]): Promise<Answer> {
    return sluice(
      ...['verify', '--image', `http://${this.lab.host}/${this.path}${reference}`, '--no-transparency-log'],
      ...['--key', join(this.lab.folder, 'cosign.pub'), '--policy', 'a1'.repeat(32), ...more],
    );
  }
}

async function smallImage(file: string, content: string, created: string): Promise<string> {
  const writer = new LayoutWriter(file);
  const manifests: Descriptor[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    const tar = archive([{ name: 'app', bytes: Buffer.from(`${content} ${architecture}`), mode: 0o644 }]);
    const bytes = gzipSync(tar);
    const sha256 = (of: Buffer): string => `sha256:${createHash('sha256').update(of).digest('hex')}`;
    const layer = {
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: sha256(bytes),
      size: bytes.length,
    };
    await writer.blob(layer, () => [bytes]);
    const config = await writer.json('application/vnd.oci.image.config.v1+json', {
      ...{ os: 'linux', architecture, created, config: { Labels: { 'org.opencontainers.image.version': '1.0.0' } } },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    });
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
    manifests.push({ ...(await writer.json(mediaTypes.manifest, manifest)), platform: { os: 'linux', architecture } });
  }
  const index = await writer.json(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
  writer.finish({ schemaVersion: 2, manifests: [index] });
  return index.digest;
}

async function answers(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}/v2/`)).ok;
  } catch {
    return false;
  }
}
