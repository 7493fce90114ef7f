/** An ephemeral host: a container with sshd and its own Docker daemon, reached over real SSH, made and removed by the tests. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { images, registry } from './lab.ts';

/** What the Dagger engine's own container has, and short of --privileged: a Docker daemon inside needs it. */
const capabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'IPC_LOCK',
  'KILL',
  'LEASE',
  'MKNOD',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_ADMIN',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_NICE',
];

/** The state's directory on the host. */
export const root = '/var/lib/sluice';

export interface Call {
  /** Milliseconds until it said that the switch is done; absent where it never did. */
  switched?: number;
  code: number;
  stdout: string;
  stderr: string;
  ms: number;
}

export class EphemeralHost {
  readonly name: string;
  /** Whom it lets in, by the key `key`. */
  readonly user: string;
  /** Its keys, on this machine. */
  readonly home: string;
  address = '';

  private constructor(name: string, user: string) {
    this.name = name;
    this.user = user;
    this.home = join(import.meta.dirname, '../../../.data', name);
  }

  /** Starts it, or goes on with the one that SLUICE_REHEARSAL_KEEP kept. It has an own volume for Docker's data: images that were pulled once stay. */
  static async start(name: string): Promise<EphemeralHost> {
    const host = new EphemeralHost(name, 'deployer');
    const state = spawnSync('docker', ['inspect', '--format', '{{.State.Running}}', name], { encoding: 'utf8' });
    if (process.env['SLUICE_REHEARSAL_KEEP'] && state.stdout.trim() === 'true') {
      await host.#awake();
      return host;
    }
    const { host: registryHost } = registry();
    const trusted = `INSECURE_REGISTRIES=${registryHost} ${registryHost.split(':')[0]}:5998`;
    await host.#make('host', ['--volume', `${name}-docker:/var/lib/docker`, '--env', trusted]);
    host.wipe();
    return host;
  }

  /** A host on which nothing was ever done: systemd and sshd, no Docker, a user who may become root without a password. */
  static async startEmpty(name: string): Promise<EphemeralHost> {
    const host = new EphemeralHost(name, 'ec2-user');
    await host.#make('empty-host', ['--volume', '/var/lib/docker', '--tmpfs', '/run', '--env', 'container=docker']);
    return host;
  }

  async #make(folder: string, options: string[]): Promise<void> {
    const { name, home, user } = this;
    const [tag, directory] = [`sluice-ephemeral-${folder}`, join(import.meta.dirname, folder)];
    must('docker', 'build', '--quiet', '--tag', tag, '--build-arg', `NODE_IMAGE=${images.node24}`, directory);
    spawnSync('docker', ['rm', '--force', '--volumes', name]);
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true, mode: 0o700 });
    for (const key of ['key', 'host_ed25519', 'stranger'])
      must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(home, key));
    const { host: registryHost, address } = registry();
    must(
      ...['docker', 'create', '--name', name, '--hostname', name, ...options],
      ...capabilities.flatMap((capability) => ['--cap-add', capability]),
      ...['apparmor', 'seccomp', 'systempaths'].flatMap((option) => ['--security-opt', `${option}=unconfined`]),
      ...['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '--device-cgroup-rule', 'a *:* rwm'],
      ...(address ? ['--add-host', `${registryHost.split(':')[0]}:${address}`] : []),
      tag,
    );
    // Beside what the machine that runs this has; and a registry without TLS is for the one who owns the host to allow.
    const daemon = {
      bip: '10.201.0.1/24',
      'default-address-pools': [{ base: '10.202.0.0/16', size: 24 }],
      'insecure-registries': [registryHost],
    };
    writeFileSync(join(home, 'daemon.json'), JSON.stringify(daemon));
    if (user === 'ec2-user') must('docker', 'cp', join(home, 'daemon.json'), `${name}:/etc/docker/daemon.json`);
    must('docker', 'cp', join(home, 'host_ed25519'), `${name}:/etc/ssh/ssh_host_ed25519_key`);
    must('docker', 'cp', join(home, 'key.pub'), `${name}:/home/${user}/.ssh/authorized_keys`);
    must('docker', 'start', name);
    if (user === 'deployer') await this.#awake();
    this.exec('chown', '-R', `${user}:${user}`, `/home/${user}/.ssh`);
    this.exec('chmod', '0600', `/home/${user}/.ssh/authorized_keys`, '/etc/ssh/ssh_host_ed25519_key');
    this.exec('chown', 'root:root', '/etc/ssh/ssh_host_ed25519_key');
    if (user === 'deployer') this.restartSsh();
    else await this.#bootedAndReachable();
  }

  /** systemd may have tried sshd before its key was there. */
  async #bootedAndReachable(): Promise<void> {
    for (let i = 0; i < 300; i += 1) {
      if (this.tryExec('systemctl', 'restart', 'ssh').status === 0) break;
      await new Promise((resume) => setTimeout(resume, 200));
    }
    this.exec('systemctl', 'is-active', 'ssh');
    this.#introduce();
  }

  restartSsh(): void {
    this.tryExec('pkill', '-x', 'sshd');
    this.exec('/usr/sbin/sshd', '-E', '/var/log/sshd.log');
  }

  async #awake(): Promise<void> {
    for (let i = 0; i < 300; i += 1) {
      if (this.tryExec('docker', 'version').status === 0) break;
      await new Promise((resume) => setTimeout(resume, 200));
    }
    this.exec('docker', 'version');
    this.#introduce();
  }

  #introduce(): void {
    this.address = must('docker', 'inspect', '--format', '{{.NetworkSettings.IPAddress}}', this.name).trim();
    const key = must('cat', `${this.home}/host_ed25519.pub`);
    writeFileSync(join(this.home, 'known_hosts'), `${this.address} ${key}`);
  }

  /** Power off and on again: nothing in it is asked to end. */
  async reboot(): Promise<void> {
    must('docker', 'kill', this.name);
    must('docker', 'start', this.name);
    await this.#awake();
  }

  /** A host on which nothing was ever deployed; pulled images stay. */
  wipe(): void {
    this.exec(
      'sh',
      '-c',
      'docker ps -aq | xargs -r docker rm -fv; docker volume ls -q | grep -v ^sluice-tools | xargs -r docker volume rm; docker network prune -f',
    );
    this.exec('sh', '-c', `umount ${root} 2>/dev/null; rm -rf ${root}; mkdir -p ${root}`);
  }

  settings(text: string): void {
    this.exec('sh', '-c', 'mkdir -p "$1"; printf %s "$2" > "$1/settings.env"', 'sh', root, text);
  }

  /** A command in the host, as root. Throws what it said. */
  exec(...command: string[]): string {
    return must('docker', 'exec', this.name, ...command);
  }

  tryExec(...command: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('docker', ['exec', this.name, ...command], { encoding: 'utf8' });
  }

  docker(...args: string[]): string {
    return this.exec('docker', ...args);
  }

  /** Where a caller finds what proves who he is, and who the host is. */
  get access(): { target: string; key: string; knownHosts: string; stranger: string } {
    return {
      target: `${this.user} ${this.address} 22`,
      key: join(this.home, 'key'),
      knownHosts: join(this.home, 'known_hosts'),
      stranger: join(this.home, 'stranger.pub'),
    };
  }

  /** What `dagger call` does, without Dagger: the client's own script, over SSH. The password is the registry's. */
  call(
    request: object,
    environment: NodeJS.ProcessEnv = {},
    password = '',
  ): Promise<Call> & { kill(): void; output(): string } {
    const began = Date.now();
    const child = spawn('sh', [join(import.meta.dirname, '../../client.sh')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        SLUICE_TARGET: this.access.target,
        SLUICE_SSH_KEY: this.access.key,
        SLUICE_KNOWN_HOSTS: this.access.knownHosts,
        SLUICE_NODE_IMAGE: images.node24,
        SLUICE_TOOLS_IMAGE: images.dockerCli,
        SLUICE_PROGRAM: join(import.meta.dirname, '../../src/..'),
        ...environment,
      },
    });
    let stdout = '';
    let stderr = '';
    let switched: number | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (/^switch /m.test(stdout)) switched ??= Date.now() - began;
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(request)}\n${password}`);
    const ended = new Promise<Call>((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) =>
        done({
          ...{ code: code ?? 137, stdout, stderr, ms: Date.now() - began },
          ...(switched === undefined ? {} : { switched }),
        }),
      );
    });
    return Object.assign(ended, {
      kill: () => process.kill(-child.pid!, 'SIGKILL'),
      output: () => stdout + stderr,
    });
  }

  stop(): void {
    spawnSync('docker', ['rm', '--force', '--volumes', this.name]);
    rmSync(this.home, { recursive: true, force: true });
  }
}

export function must(...command: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command.slice(0, 6).join(' ')}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}
