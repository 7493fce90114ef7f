/** Looks at the host before anything is touched, and names all that is in the way in one list. */
import { mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Host } from './host.ts';
import { Registry } from './registry.ts';
import type { Credentials } from './registry.ts';
import { digestOf, repositoryOf } from './release.ts';
import type { DeployRequest } from './request.ts';
import { composeFiles, type Settings } from './settings.ts';
import { secretProblem } from './steps/stage.ts';

const least = { apiVersion: 1.41, diskMiB: 1_024, memoryMiB: 300, skewSeconds: 30 };

/** What stands in the way; empty if nothing does. */
export async function preflight(host: Host, request: DeployRequest, credentials?: Credentials): Promise<string[]> {
  const settings = host.settings;
  const checks: (() => Promise<string[]>)[] = [
    () => dockerVersion(host),
    () => Promise.resolve(clock()),
    () =>
      Promise.resolve([
        ...disk('/', settings, 'Docker’s directory'),
        ...disk(host.paths.root, settings, host.paths.root),
      ]),
    () => Promise.resolve(memory(settings)),
    () => architecture(host, request, credentials),
    () => secrets(host),
    () => ports(host, settings),
  ];
  mkdirSync(host.paths.root, { recursive: true });
  composeFiles(settings);
  const found = await Promise.all(checks.map((check) => check().catch((error: Error) => [error.message])));
  return found.flat();
}

async function dockerVersion(host: Host): Promise<string[]> {
  const version = (
    await host.docker.command('version', '--format', '{{.Server.Version}} {{.Server.APIVersion}}')
  ).trim();
  const [server, api] = version.split(' ');
  return Number(api) >= least.apiVersion ? [] : [`Docker ${server} is too old: 20.10 or newer`];
}

/** The client asked the host for its time, and says when it asked and when it had the answer. */
function clock(): string[] {
  const [before, host, after] = (process.env['SLUICE_CLOCK'] ?? '').split(' ');
  if (!before || !host || !after) return [];
  const skew = clockSkew(Number(before), Date.parse(host) / 1_000, Number(after));
  if (Math.abs(skew) <= least.skewSeconds) return [];
  return [
    `the host's clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the caller's: at most ${least.skewSeconds} s`,
  ];
}

/** Seconds by which a clock that was read between two instants is outside of them. */
export function clockSkew(before: number, read: number, after: number): number {
  return Math.round(Math.min(read - before, 0) || Math.max(read - after - 1, 0));
}

function disk(path: string, settings: Settings, name: string): string[] {
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / (1 << 20));
  const wanted = Number(settings['SLUICE_LEAST_DISK_MIB'] ?? least.diskMiB);
  return free >= wanted ? [] : [`${free} MiB are free in ${name}: ${wanted} are needed; prune frees some`];
}

function memory(settings: Settings): string[] {
  const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const free = Math.floor(Number(kib ?? Infinity) / 1_024);
  const wanted = Number(settings['SLUICE_LEAST_MEMORY_MIB'] ?? least.memoryMiB);
  return free >= wanted ? [] : [`${free} MiB of memory are free: ${wanted} are needed, both colours run for a while`];
}

async function architecture(host: Host, { release }: DeployRequest, credentials?: Credentials): Promise<string[]> {
  const machine = (await host.docker.command('info', '--format', '{{.Architecture}}')).trim();
  const wanted = { x86_64: 'amd64', aarch64: 'arm64' }[machine] ?? machine;
  const registry = await Registry.of(repositoryOf(release.image), host.docker, credentials, host.signal);
  const { manifests } = await registry.manifest(digestOf(release.image));
  if (!manifests) return [];
  const offered = manifests.flatMap(({ platform }) => (platform?.os === 'linux' ? platform.architecture : []));
  return offered.includes(wanted) ? [] : [`the image is not for linux/${wanted}, only for ${offered.join(', ')}`];
}

/** Those of the stack that runs; a new release's own are looked at when it is staged. */
async function secrets(host: Host): Promise<string[]> {
  const { record } = host;
  if (!record) return [];
  const model = await host.model(host.stack(record.current.settings, record.current, undefined));
  return Object.values(model.secrets ?? {}).flatMap(({ file }) => secretProblem(file));
}

/** The public ports are free, or the stack's own. */
async function ports(host: Host, settings: Settings): Promise<string[]> {
  const nginx = await host.container('nginx');
  const ours = nginx?.running && host.record ? listensOf(host.record.current.settings) : [];
  const problems: string[] = [];
  for (const listen of listensOf(settings)) {
    const [port, address = '0.0.0.0'] = listen.split(':').reverse();
    if (ours.includes(listen) || (await isFree(Number(port), address))) continue;
    problems.push(`port ${port} is taken by something else: see "ss -ltnp", or set SLUICE_HTTP_LISTEN`);
  }
  return problems;
}

/** Where Nginx listens on the host. */
function listensOf(settings: Settings): string[] {
  const listens = [settings['SLUICE_HTTP_LISTEN'] ?? '127.0.0.1:8080'];
  if (composeFiles(settings).includes('compose.tls.yaml'))
    listens.push(settings['SLUICE_HTTPS_LISTEN'] ?? '127.0.0.1:8443');
  return listens;
}

function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, address, () => server.close(() => done(true)));
  });
}
