/** Docker on the host, by its command line: argument lists in, what it printed out. */
import { CommandFailed, type Execute, must } from './command.ts';

export interface Container {
  id: string;
  name: string;
  /** Id of the image it was made from, as this daemon numbers it. */
  imageId: string;
  running: boolean;
  restarting: boolean;
  health?: string;
  restarts: number;
  startedAt: string;
  labels: Record<string, string>;
  /** Addresses by network name. */
  addresses: Record<string, string>;
}

export class Docker {
  readonly #run: Execute;
  readonly #signal: AbortSignal | undefined;

  constructor(run: Execute, signal?: AbortSignal) {
    this.#run = run;
    this.#signal = signal;
  }

  /** The same, whose commands end with the signal. */
  within(signal: AbortSignal): Docker {
    return new Docker(this.#run, signal);
  }

  /** Any docker command. Throws CommandFailed with Docker's own words. */
  command(...args: string[]): Promise<string> {
    return must(this.#run, ['docker', ...args], { signal: this.#signal });
  }

  /** The containers of a Compose project, stopped ones too; of one service, if it is named. */
  async containers(project: string, service?: string): Promise<Container[]> {
    const filters = [
      `label=com.docker.compose.project=${project}`,
      'label=com.docker.compose.oneoff=False',
      ...(service ? [`label=com.docker.compose.service=${service}`] : []),
    ];
    const ids = (
      await this.command('ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((f) => ['--filter', f]))
    ).split('\n');
    return this.inspect(...ids.filter(Boolean));
  }

  /** By name or id; those that are gone by now are left out. */
  async inspect(...names: string[]): Promise<Container[]> {
    if (names.length === 0) return [];
    const outcome = await this.#run(['docker', 'container', 'inspect', ...names], { signal: this.#signal });
    if (outcome.code !== 0 && !/no such container/i.test(outcome.stderr)) {
      throw new CommandFailed(['docker', 'container', 'inspect'], outcome);
    }
    return (JSON.parse(outcome.stdout || '[]') as Inspected[]).map(container);
  }

  /** Id of an image as this daemon numbers it; undefined where it is not on the host. */
  async imageId(reference: string): Promise<string | undefined> {
    const command = ['docker', 'image', 'inspect', '--format', '{{.Id}}', reference];
    const outcome = await this.#run(command, { signal: this.#signal });
    if (outcome.code === 0) return outcome.stdout.trim();
    if (/no such image/i.test(outcome.stderr)) return undefined;
    throw new CommandFailed(command, outcome);
  }

  /** What a container printed since an instant (RFC 3339). */
  async logsSince(name: string, since: string): Promise<string> {
    const outcome = await this.#run(['docker', 'logs', '--since', since, name], { signal: this.#signal });
    if (outcome.code !== 0) throw new CommandFailed(['docker', 'logs', name], outcome);
    return outcome.stdout;
  }

  /** The last line of a container's log, both streams: why it will not start. */
  async lastLine(name: string): Promise<string> {
    const outcome = await this.#run(['docker', 'logs', '--tail', '5', name], { signal: this.#signal });
    const lines = `${outcome.stdout}\n${outcome.stderr}`.split('\n').filter((line) => line.trim() !== '');
    return lines.at(-1)?.slice(0, 400) ?? 'it printed nothing';
  }

  /** Removes containers, running or not; none is an error. */
  async remove(...names: string[]): Promise<void> {
    if (names.length > 0) await this.command('rm', '--force', ...names);
  }
}

interface Inspected {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  State: { Running: boolean; Restarting: boolean; StartedAt: string; Health?: { Status: string } };
  Config: { Labels: Record<string, string> | null };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> | null };
}

function container(text: Inspected): Container {
  const health = text.State.Health?.Status;
  return {
    id: text.Id,
    name: text.Name.replace(/^\//, ''),
    imageId: text.Image,
    running: text.State.Running,
    restarting: text.State.Restarting,
    ...(health ? { health } : {}),
    restarts: text.RestartCount,
    startedAt: text.State.StartedAt,
    labels: text.Config.Labels ?? {},
    addresses: Object.fromEntries(
      Object.entries(text.NetworkSettings.Networks ?? {}).map(([name, { IPAddress }]) => [name, IPAddress]),
    ),
  };
}
