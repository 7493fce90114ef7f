/** One rehearsal: an ephemeral host, some releases, and what is asked of both after each fault. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request as overHttp } from 'node:http';
import { request as overTls } from 'node:https';
import type { Release } from '../../src/release.ts';
import { type Call, EphemeralHost, root } from './host.ts';
import { images } from './lab.ts';
import type { Login } from './registry-proxy.ts';
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
    const rehearsal = await Rehearsal.on(await EphemeralHost.start(name));
    rehearsal.configure();
    return rehearsal;
  }

  static async on(host: EphemeralHost): Promise<Rehearsal> {
    return new Rehearsal(host, await makeBundle());
  }

  configure(more: Record<string, string> = {}): void {
    this.host.settings(this.settings(more));
  }

  /** The host's settings.env: the images of this laboratory, reading without a token, patience for a busy machine. */
  settings(more: Record<string, string> = {}): string {
    const lines = {
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
    };
    return Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }

  readonly toolsImage = images.dockerCli;

  /** The certificate of the front door, where it has one. */
  certificate: string | undefined;

  get url(): string {
    return this.certificate ? `https://${this.host.address}:8443` : `http://${this.host.address}:8080`;
  }

  overTls(): void {
    this.certificate = this.host.exec('cat', '/etc/sluice/tls/certificate.pem');
  }

  plain(): void {
    this.certificate = undefined;
    this.configure();
  }

  /** What callers were told so far. */
  said = '';

  /** Where Nginx sends requests. */
  get colour(): string {
    return /api-(blue|green)/.exec(this.host.exec('cat', `${root}/upstream/active.conf`))![1]!;
  }

  /** The lines of the active colour's environment with this name. */
  api(name: string): string {
    const text = this.host.docker('inspect', '--format', '{{json .Config.Env}}', `sluice-api-${this.colour}-1`);
    return (JSON.parse(text) as string[]).filter((line) => line.startsWith(`${name}=`)).join('\n');
  }

  /** A release by name, made once; bad in the way of `fault`. */
  release(name: string, fault?: string): Release {
    const known = this.#releases.get(name);
    if (known) return known;
    const made = release(makeImage(name, fault), this.bundle);
    this.#releases.set(name, made);
    return made;
  }

  deploy(
    wanted: Release,
    more: object = {},
    environment: NodeJS.ProcessEnv = {},
    login?: Login,
  ): ReturnType<EphemeralHost['call']> {
    const request = { ...common, action: 'deploy', bake: 3, migrate: 300, interrupt: false, release: wanted, ...more };
    return this.#call(
      { ...request, ...(login ? { registryUsername: login.username } : {}) },
      environment,
      login?.password,
    );
  }

  rollback(more: object = {}): ReturnType<EphemeralHost['call']> {
    return this.#call({ ...common, action: 'rollback', bake: 0, force: false, ...more });
  }

  #call(request: object, environment: NodeJS.ProcessEnv = {}, password?: string): ReturnType<EphemeralHost['call']> {
    const call = this.host.call(request, environment, password);
    void call.then(({ stdout, stderr }) => (this.said += stdout + stderr));
    return call;
  }

  mend(): ReturnType<EphemeralHost['call']> {
    return this.#call({ ...common, action: 'mend' });
  }

  prune(keep: number): ReturnType<EphemeralHost['call']> {
    return this.#call({ ...common, action: 'prune', keep });
  }

  async status(): Promise<Record<string, unknown>> {
    const call = await this.#call({ action: 'status', actor: 'test', json: true });
    return JSON.parse(call.stdout) as Record<string, unknown>;
  }

  /** Prints the table, and takes the host away unless SLUICE_REHEARSAL_KEEP keeps it. */
  end(): void {
    console.log(`\n${table(this)}`);
    if (!process.env['SLUICE_REHEARSAL_KEEP']) this.host.stop();
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
    const { colour } = this;
    const running = host
      .docker('inspect', '--format', '{{.State.Running}} {{.Image}}', `sluice-api-${colour}-1`)
      .trim();
    const id = host.docker('image', 'inspect', '--format', '{{.Id}}', wanted.image).trim();
    assert.equal(running, `true ${id}`, `api-${colour} runs the digest of the release`);
    const { imageDigest, commit } = JSON.parse(await this.#get('/version')) as { imageDigest: string; commit: string };
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

  /** Through the front door on a connection of its own; a certificate counts. Rejects any answer but 200. */
  #get(path: string): Promise<string> {
    const ask = this.certificate ? overTls : overHttp;
    const ca = this.certificate;
    return new Promise((done, fail) => {
      ask(new URL(path, this.url), { agent: false, ...(ca ? { ca } : {}) }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () =>
          response.statusCode === 200
            ? done(body)
            : fail(new Error(`${path} answered ${response.statusCode}: ${body}`)),
        );
      })
        .on('error', fail)
        .end();
    });
  }

  /** A deploy that must fail with exit code 1 and these words, and leave `before` as it was. */
  async fails(
    before: Release,
    what: string,
    wanted: Release,
    expected: RegExp,
    more: object = {},
    environment: NodeJS.ProcessEnv = {},
    login?: Login,
  ): Promise<void> {
    const call = await this.deploy(wanted, more, environment, login);
    this.note(what, call);
    assert.equal(call.code, 1, call.stdout + call.stderr);
    assert.match(call.stdout, expected);
    await this.serves(before);
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

  /**
   * Kills the supervisor that works as soon as a file below the state's directory holds a text, by the file system's own notice: steps that
   * take milliseconds are met too. `again`: Docker may start it again. False where the text never came.
   */
  async killWhen(text: string, { file = 'journal.json', again }: { file?: string; again: boolean }): Promise<boolean> {
    const [id] = this.host.docker('ps', '--quiet', '--filter', 'label=sluice.supervisor').split('\n');
    const pid = this.host.docker('inspect', '--format', '{{.State.Pid}}', id!).trim();
    if (!again) this.host.docker('update', '--restart=no', id!);
    const script = `
      const { readFileSync, watch } = require('node:fs');
      const [pid, file, text] = process.argv.slice(1);
      const look = () => {
        let seen = '';
        try { seen = readFileSync(file, 'utf8'); } catch {}
        if (!seen.includes(text)) return;
        process.kill(Number(pid), 'SIGKILL');
        process.exit(0);
      };
      watch(require('node:path').dirname(file), look);
      look();
      setTimeout(() => process.exit(1), 120_000);`;
    const watcher = spawn('docker', ['exec', this.host.name, 'node', '-e', script, pid, `${root}/${file}`, text]);
    return new Promise((done) => watcher.on('close', (code) => done(code === 0)));
  }

  /** Until a unit of systemd that ends has ended. */
  async quiet(unit: string, seconds = 240): Promise<void> {
    const state = () =>
      this.host.tryExec('systemctl', 'show', '--property', 'ActiveState,InactiveEnterTimestampMonotonic', unit).stdout;
    for (const deadline = Date.now() + seconds * 1_000; Date.now() < deadline;) {
      if (/=(inactive|failed)/.test(state()) && !/Monotonic=0$/m.test(state())) return;
      await new Promise((resume) => setTimeout(resume, 500));
    }
    throw new Error(`${unit} is still at work: ${state()}`);
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

/** All rows, as Markdown. */
function table({ rows }: Rehearsal): string {
  const lines = rows.map(
    ({ what, outcome, ms }) =>
      `| ${what} | ${outcome.replaceAll('|', '/').slice(0, 260)} | ${ms ? (ms / 1_000).toFixed(0) : ''} |`,
  );
  return ['| what | what it said | s |', '| --- | --- | --- |', ...lines].join('\n');
}
