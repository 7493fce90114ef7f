/** One rehearsal: an ephemeral host, some releases, and what is asked of both after each fault. */
import assert from 'node:assert/strict';
import type { Release } from '../../src/release.ts';
import { type Call, EphemeralHost, root } from './host.ts';
import { images } from './lab.ts';
import { makeBundle, makeImage, release } from './releases.ts';

export interface Row {
  what: string;
  outcome: string;
  ms: number;
}

export class Rehearsal {
  readonly host: EphemeralHost;
  readonly bundle: string;
  readonly rows: Row[] = [];
  readonly #releases = new Map<string, Release>();

  private constructor(host: EphemeralHost, bundle: string) {
    this.host = host;
    this.bundle = bundle;
  }

  static async begin(name: string): Promise<Rehearsal> {
    const host = await EphemeralHost.start(name);
    const rehearsal = new Rehearsal(host, await makeBundle());
    rehearsal.configure();
    return rehearsal;
  }

  /** The host's settings: the images of this laboratory, reading without a token, patience for a busy machine. */
  configure(more: Record<string, string> = {}): void {
    this.host.settings({
      SLUICE_HTTP_LISTEN: '0.0.0.0:8080',
      SLUICE_READS: 'open',
      SLUICE_READY_SECONDS: '90',
      SLUICE_LEAST_DISK_MIB: '200',
      SLUICE_POSTGRES_IMAGE: images.postgres15Host,
      SLUICE_NGINX_IMAGE: images.nginx,
      SLUICE_NGINX_EXPORTER_IMAGE: images.nginxExporter,
      SLUICE_SOCKET_PROXY_IMAGE: images.socketProxy,
      // Large images that no deploy waits for; compose/test and observability/test have them.
      SLUICE_WITHOUT: 'prometheus,loki,alloy,grafana,postgres-exporter',
      ...more,
    });
  }

  readonly toolsImage = images.dockerCli;

  get url(): string {
    return `http://${this.host.address}:8080`;
  }

  /** A release by name, made once; bad in the way of `fault`. */
  release(name: string, fault?: string): Release {
    const known = this.#releases.get(name);
    if (known) return known;
    const made = release(makeImage(name, fault), this.bundle);
    this.#releases.set(name, made);
    return made;
  }

  deploy(wanted: Release, more: object = {}, environment: NodeJS.ProcessEnv = {}): ReturnType<EphemeralHost['call']> {
    const request = { ...common, action: 'deploy', bake: 3, migrate: 300, interrupt: false, release: wanted, ...more };
    return this.host.call(request, environment);
  }

  rollback(more: object = {}): ReturnType<EphemeralHost['call']> {
    return this.host.call({ ...common, action: 'rollback', bake: 0, force: false, ...more });
  }

  async status(): Promise<Record<string, unknown>> {
    const call = await this.host.call({ action: 'status', actor: 'test', json: true });
    return JSON.parse(call.stdout) as Record<string, unknown>;
  }

  /** Puts down a row of the table. */
  note(what: string, call: Call | string): void {
    const outcome = typeof call === 'string' ? call : lastLine(call);
    this.rows.push({ what, outcome, ms: typeof call === 'string' ? 0 : call.ms });
    console.log(`# ${what}: ${outcome}`);
  }

  /** Looks at the host itself, past everything that deploy says: this version serves, by digest, and nothing is half. */
  async serves(wanted: Release): Promise<void> {
    const { host } = this;
    const colour = /api-(blue|green)/.exec(host.exec('cat', `${root}/upstream/active.conf`))![1]!;
    const running = host
      .docker('inspect', '--format', '{{.State.Running}} {{.Image}}', `sluice-api-${colour}-1`)
      .trim();
    const id = host.docker('image', 'inspect', '--format', '{{.Id}}', wanted.image).trim();
    assert.equal(running, `true ${id}`, `api-${colour} runs the digest of the release`);
    const answer = await fetch(`${this.url}/version`, { headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
    const { imageDigest, commit } = (await answer.json()) as { imageDigest: string; commit: string };
    assert.equal(imageDigest, wanted.image.split('@')[1]);
    assert.equal(commit, wanted.commit);
    const other = colour === 'blue' ? 'green' : 'blue';
    const idle = host.tryExec('docker', 'inspect', '--format', '{{.State.Running}}', `sluice-api-${other}-1`);
    if (idle.status === 0) assert.equal(idle.stdout.trim(), 'false', 'the other colour stands still');
    for (const left of ['lock.json', 'journal.json']) {
      assert.notEqual(host.tryExec('test', '-e', `${root}/${left}`).status, 0, `${left} is gone`);
    }
    const record = JSON.parse(host.exec('cat', `${root}/current.json`)) as {
      current: { release: Release; colour: string };
    };
    assert.equal(record.current.release.image, wanted.image);
    assert.equal(record.current.colour, colour);
    const env = host.exec('cat', `${root}/stack/compose/.env`);
    assert.match(env, new RegExp(`^SLUICE_IMAGE=${wanted.image}$`, 'm'));
    assert.match(env, new RegExp(`^COMPOSE_PROFILES=${colour}$`, 'm'));
    assert.equal(host.docker('ps', '--all', '--quiet', '--filter', 'name=-migrate-2').trim(), '', 'no job is left');
  }

  /** Deploys a version unless it serves already: what a group of tests begins with. */
  async ensure(wanted: Release): Promise<void> {
    const call = await this.deploy(wanted, { bake: 0 });
    assert.equal(call.code, 0, call.stdout + call.stderr);
  }

  /** Waits until a transaction's journal says that a step has begun; false where it has ended without it. */
  async begun(step: string, call: { output(): string }, seconds = 90): Promise<boolean> {
    for (const deadline = Date.now() + seconds * 1_000; Date.now() < deadline;) {
      const { stdout } = this.host.tryExec('cat', `${root}/journal.json`);
      if (stdout.includes(`"step": "${step}"`)) return true;
      if (/^[0-9a-f]{12} runs( again)?$|^(undone|refused):/m.test(call.output())) return false;
      await new Promise((resume) => setTimeout(resume, 20));
    }
    return false;
  }

  supervisors(): string[] {
    return this.host
      .docker('ps', '--all', '--quiet', '--filter', 'label=sluice.supervisor')
      .split('\n')
      .filter(Boolean);
  }

  /** Until no supervisor works any more. */
  async rest(seconds = 120): Promise<void> {
    for (const deadline = Date.now() + seconds * 1_000; Date.now() < deadline;) {
      const running = this.host.tryExec('docker', 'ps', '--quiet', '--filter', 'label=sluice.supervisor');
      if (running.status === 0 && running.stdout.trim() === '') return;
      await new Promise((resume) => setTimeout(resume, 500));
    }
    throw new Error(`a supervisor still works: ${this.host.docker('ps', '--filter', 'label=sluice.supervisor')}`);
  }
}

const common = { actor: 'test', environment: 'production', json: false, wait: 0, breakLock: false, dryRun: false };

export function lastLine({ stdout, stderr }: Call): string {
  return `${stderr}\n${stdout}`.trim().split('\n').at(-1)!;
}

/** Steps and their seconds, as a call printed them. */
export function timesOf({ stdout }: Call): Map<string, number> {
  return new Map([...stdout.matchAll(/^([a-z]+) +(\d+\.\d) s/gm)].map(([, step, seconds]) => [step!, Number(seconds)]));
}
