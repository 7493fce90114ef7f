/** The host as the steps see it: its directories, its Docker, its Compose stack. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Execute, must } from './command.ts';
import { type Container, Docker } from './docker.ts';
import { readIfThere, writeDurably } from './durable.ts';
import { type Colour, type HostRecord, hexOf, type Release } from './release.ts';
import { composeFiles, environment, environmentText, parseSettings, type Settings, type Slot } from './settings.ts';
import type { Say } from './transaction.ts';

export interface Paths {
  root: string;
  record: string;
  lock: string;
  journal: string;
  audit: string;
  settings: string;
  /** Its active.conf names the active colour to Nginx. */
  upstream: string;
  secrets: string;
  outbox: string;
  /** What containers mount: always at the same path, so that a new release changes files and not containers. */
  stack: string;
}

export function pathsIn(root: string): Paths {
  const at = (name: string) => join(root, name);
  return {
    root,
    record: at('current.json'),
    lock: at('lock'),
    journal: at('journal.json'),
    audit: at('audit.log'),
    settings: at('settings.env'),
    upstream: at('upstream'),
    secrets: at('secrets'),
    outbox: at('outbox'),
    stack: at('stack'),
  };
}

/** A service of the rendered model, as far as it is looked at. */
export interface ModelService {
  image: string;
  profiles?: string[];
  secrets?: { source: string }[];
  user?: string;
  volumes?: { type: string; source?: string; target: string }[];
}

export interface Model {
  services: Record<string, ModelService>;
  secrets?: Record<string, { file: string }>;
}

/** A release's files with the host's settings, and the environment that both make: what a Compose command works on. */
export interface Stack {
  release: Release;
  settings: Settings;
  environment: Record<string, string>;
}

export class Host {
  readonly paths: Paths;
  readonly docker: Docker;
  readonly say: Say;
  readonly #run: Execute;
  readonly #signal: AbortSignal | undefined;

  constructor(root: string, run: Execute, say: Say, signal?: AbortSignal) {
    this.paths = pathsIn(root);
    this.docker = new Docker(run, signal);
    this.say = say;
    this.#run = run;
    this.#signal = signal;
  }

  within(signal: AbortSignal): Host {
    return new Host(this.paths.root, this.#run, this.say, signal);
  }

  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** What the operator wrote. It holds from the next deploy or rollback on: what runs keeps the settings that it was started with. */
  get settings(): Settings {
    return parseSettings(readIfThere(this.paths.settings) ?? '', 'settings.env');
  }

  get project(): string {
    return this.settings['COMPOSE_PROJECT_NAME'] ?? 'sluice';
  }

  /** What the last finished deployment wrote; undefined on an empty host. */
  get record(): HostRecord | undefined {
    const text = readIfThere(this.paths.record);
    return text === undefined ? undefined : (JSON.parse(text) as HostRecord);
  }

  releaseDirectory(bundle: string): string {
    return join(this.paths.root, 'releases', hexOf(bundle));
  }

  /** Any program, ended with the step. Throws CommandFailed. */
  command(command: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string> {
    return must(this.#run, command, { signal: this.#signal, ...(environment ? { environment } : {}) });
  }

  /** A release under some settings as the active one, while `other` stands by. */
  stack(settings: Settings, active: Slot, other: Slot | undefined): Stack {
    return { release: active.release, settings, environment: environment(settings, this.machine, active, other) };
  }

  /** One Compose command on a release's files, as if they lay where the containers' mounts point. Throws CommandFailed. */
  compose(stack: Stack, ...args: string[]): Promise<string> {
    const file = join(this.paths.root, 'compose.env');
    writeDurably(file, environmentText(stack.environment));
    const directory = join(this.releaseDirectory(stack.release.bundle), 'compose');
    return must(
      this.#run,
      [
        'docker',
        'compose',
        ...['--project-name', this.project, '--project-directory', join(this.paths.stack, 'compose')],
        ...['--env-file', file, '--progress', 'quiet'],
        ...composeFiles(stack.settings).flatMap((name) => ['--file', join(directory, name)]),
        ...args,
      ],
      // Nothing of the surroundings: a variable of the shell would win over the file.
      { signal: this.#signal, environment: surroundings() },
    );
  }

  /** The model that Compose makes of a release on this host. */
  async model(stack: Stack): Promise<Model> {
    return JSON.parse(await this.compose(stack, '--profile', '*', 'config', '--format', 'json')) as Model;
  }

  /** A hash of each service's definition, as Compose labels its containers with. */
  async hashes(stack: Stack): Promise<Map<string, string>> {
    const text = await this.compose(stack, '--profile', '*', 'config', '--hash', '*');
    return new Map(
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ') as [string, string]),
    );
  }

  /** The container of a service: by the name that Compose gives it, which is one question less; else the newest, should there be several. */
  async container(service: string): Promise<Container | undefined> {
    const [named] = await this.docker.inspect(`${this.project}-${service}-1`);
    if (named?.labels['com.docker.compose.project'] === this.project) return named;
    const all = await this.docker.containers(this.project, service);
    return all.sort((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
  }

  /** The colour that Nginx is told to send requests to; undefined where nobody has told it yet. */
  activeColour(): Colour | undefined {
    const text = readIfThere(join(this.paths.upstream, 'active.conf'));
    return /^server api-(blue|green):3000;/m.exec(text ?? '')?.[1] as Colour | undefined;
  }

  /** The token that the ledger knows as `deploy`. */
  token(): string | undefined {
    const file = join(this.secretsDirectory, 'tokens/deploy');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  }

  /** What only this machine knows. */
  get machine(): { upstream: string; secrets: string; dockerGroup: number } {
    const socket = '/var/run/docker.sock';
    const dockerGroup = existsSync(socket) ? statSync(socket).gid : 0;
    return { upstream: this.paths.upstream, secrets: this.secretsDirectory, dockerGroup };
  }

  get secretsDirectory(): string {
    return this.settings['SLUICE_SECRETS'] ?? this.paths.secrets;
  }
}

function surroundings(): NodeJS.ProcessEnv {
  const { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG } = process.env;
  const kept = { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}
