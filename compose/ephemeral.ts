/** A stack of its own for drills and tests: own project, ports, networks, volumes and secrets, so that nothing of one that runs is touched. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { builtIn } from '../dagger/src/images.ts';

const directory = import.meta.dirname;
const root = join(directory, '..');

export interface Options {
  /** Name of the project; also of its directory under .data/. */
  readonly name: string;
  /** Files besides compose.yaml. */
  readonly overlays?: readonly string[];
  /** Added to all ports, and to the network's number, so that two such stacks can run side by side. */
  readonly offset: number;
  readonly services: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class EphemeralStack {
  readonly #options: Options;
  readonly #environment: NodeJS.ProcessEnv;
  /** Where what belongs to this stack lies. */
  readonly home: string;
  readonly api: string;
  readonly prometheus: string;
  readonly token: () => string;

  constructor(options: Options) {
    this.#options = options;
    this.home = join(root, '.data', options.name);
    const port = (base: number): number => base + options.offset;
    this.api = `http://127.0.0.1:${port(18_080)}`;
    this.prometheus = `http://127.0.0.1:${port(19_090)}`;
    this.token = () => readFileSync(join(this.home, 'secrets/tokens/deploy'), 'utf8');
    this.#environment = {
      ...process.env,
      COMPOSE_PROFILES: 'blue',
      SLUICE_IMAGE: process.env['SLUICE_IMAGE'] ?? 'release-ledger:dev',
      SLUICE_DRILL_IMAGE: process.env['SLUICE_DRILL_IMAGE'] ?? builtIn.node24,
      SLUICE_SECRETS: join(this.home, 'secrets'),
      SLUICE_HTTP_LISTEN: `127.0.0.1:${port(18_080)}`,
      SLUICE_PROMETHEUS_PORT: String(port(19_090)),
      SLUICE_GRAFANA_PORT: String(port(13_001)),
      SLUICE_APP_NETWORK: `10.213.${90 + options.offset}`,
      SLUICE_READS: 'open',
      ...options.environment,
    };
  }

  /** Starts it and waits until every health check passes. Throws what Compose said. */
  up(): void {
    // Ctrl-C leaves nothing behind either.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        this.down();
        process.exit(signal === 'SIGINT' ? 130 : 143);
      });
    }
    this.makeSecrets();
    this.compose('up', '--detach', '--wait', '--quiet-pull', ...this.#options.services);
  }

  /** Makes those that are missing. Throws what make-secrets.sh said. */
  makeSecrets(): void {
    mkdirSync(this.home, { recursive: true });
    const secrets = spawnSync('sh', [join(directory, 'make-secrets.sh'), join(this.home, 'secrets')], {
      encoding: 'utf8',
      env: { ...this.#environment, SLUICE_ENV_FILE: this.#envFile },
    });
    if (secrets.status !== 0) throw new Error(secrets.stderr);
  }

  /** Stops it and forgets its data. */
  down(): void {
    // Of every profile: a colour that a test started is not among those that run by default.
    this.compose('--profile', '*', 'down', '--volumes', '--timeout', '5');
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Removes one of its volumes, which no container may have any more. */
  forget(volume: string): void {
    const { status, stderr } = spawnSync('docker', ['volume', 'rm', `${this.#options.name}_${volume}`], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  }

  /** One `docker compose` command on it; returns what it printed, throws if it failed. */
  compose(...args: string[]): string {
    const build = process.env['SLUICE_IMAGE'] ? [] : ['compose.build.yaml'];
    const files = ['compose.yaml', ...build, ...(this.#options.overlays ?? [])].flatMap((file) => [
      '-f',
      join(directory, file),
    ]);
    const { status, stdout, stderr } = spawnSync(
      'docker',
      [
        'compose',
        '--project-name',
        this.#options.name,
        '--env-file',
        this.#envFile,
        '--progress',
        'quiet',
        ...files,
        ...args,
      ],
      { encoding: 'utf8', env: { ...this.#environment, COMPOSE_PROJECT_NAME: this.#options.name }, maxBuffer: 1 << 28 },
    );
    if (status !== 0) throw new Error(`docker compose ${args.join(' ')}: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  get #envFile(): string {
    return join(this.home, '.env');
  }

  /** An instant query to its Prometheus. */
  async query(text: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    const answer = await fetch(`${this.prometheus}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: text }),
    });
    const body = (await answer.json()) as { status: string; error?: string; data: { result: never[] } };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data.result;
  }
}

/** Why no stack can be started here; undefined if one can. Pulls what is missing. */
export function whyNot(services: readonly string[], overlays: readonly string[] = []): string | undefined {
  const compose = spawnSync('docker', ['compose', 'version']);
  if (compose.status !== 0) return 'docker compose is not installed';
  const info = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
  if (info.status !== 0) return 'no Docker daemon answers';
  const { stdout, status, stderr } = spawnSync(
    'docker',
    [
      'compose',
      '--env-file',
      '/dev/null',
      ...['compose.yaml', ...overlays].flatMap((file) => ['-f', join(directory, file)]),
      '--profile',
      '*',
      'config',
      '--format',
      'json',
    ],
    {
      encoding: 'utf8',
      env: {
        SLUICE_DOCKER_GID: '1',
        SLUICE_IMAGE: 'release-ledger:dev',
        SLUICE_DRILL_IMAGE: builtIn.node24,
        ...process.env,
      },
    },
  );
  if (status !== 0) return stderr.trim();
  const { services: all } = JSON.parse(stdout) as { services: Record<string, { image: string }> };
  for (const name of services) {
    const { image } = all[name]!;
    if (image === 'release-ledger:dev') continue;
    if (spawnSync('docker', ['image', 'inspect', image]).status === 0) continue;
    if (spawnSync('docker', ['pull', '--quiet', image], { timeout: 300_000 }).status !== 0) {
      return `the image of ${name} cannot be had here: ${image}`;
    }
  }
  return undefined;
}
