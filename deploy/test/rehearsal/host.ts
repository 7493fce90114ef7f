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
  code: number;
  stdout: string;
  stderr: string;
  ms: number;
}

export class EphemeralHost {
  readonly name: string;
  /** Its keys, on this machine. */
  readonly home: string;
  address = '';

  private constructor(name: string) {
    this.name = name;
    this.home = join(import.meta.dirname, '../../../.data', name);
  }

  /** Starts it, or goes on with the one that SLUICE_REHEARSAL_KEEP kept. It has an own volume for Docker's data: images that were pulled once stay. */
  static async start(name: string): Promise<EphemeralHost> {
    const host = new EphemeralHost(name);
    const state = spawnSync('docker', ['inspect', '--format', '{{.State.Running}}', name], { encoding: 'utf8' });
    if (process.env['SLUICE_REHEARSAL_KEEP'] && state.stdout.trim() === 'true') {
      await host.#awake();
      return host;
    }
    must(
      'docker',
      'build',
      '--quiet',
      '--tag',
      'sluice-ephemeral-host',
      '--build-arg',
      `NODE_IMAGE=${images.node24}`,
      join(import.meta.dirname, 'host'),
    );
    spawnSync('docker', ['rm', '--force', '--volumes', name]);
    rmSync(host.home, { recursive: true, force: true });
    mkdirSync(host.home, { recursive: true, mode: 0o700 });
    for (const key of ['key', 'host_ed25519', 'stranger'])
      must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(host.home, key));
    const { host: registryHost, address } = registry();
    must(
      ...['docker', 'create', '--name', name, '--hostname', name],
      ...capabilities.flatMap((capability) => ['--cap-add', capability]),
      ...['apparmor', 'seccomp', 'systempaths'].flatMap((option) => ['--security-opt', `${option}=unconfined`]),
      ...['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '--device-cgroup-rule', 'a *:* rwm'],
      ...[
        '--volume',
        `${name}-docker:/var/lib/docker`,
        '--env',
        `INSECURE_REGISTRIES=${registryHost} ${registryHost.split(':')[0]}:5998`,
      ],
      ...(address ? ['--add-host', `${registryHost.split(':')[0]}:${address}`] : []),
      'sluice-ephemeral-host',
    );
    must('docker', 'cp', join(host.home, 'host_ed25519'), `${name}:/etc/ssh/ssh_host_ed25519_key`);
    must('docker', 'cp', join(host.home, 'key.pub'), `${name}:/home/deployer/.ssh/authorized_keys`);
    must('docker', 'start', name);
    await host.#awake();
    host.exec('chown', '-R', 'deployer:deployer', '/home/deployer/.ssh');
    host.exec('chmod', '0600', '/home/deployer/.ssh/authorized_keys', '/etc/ssh/ssh_host_ed25519_key');
    host.exec('chown', 'root:root', '/etc/ssh/ssh_host_ed25519_key');
    host.restartSsh();
    host.wipe();
    return host;
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

  settings(lines: Record<string, string>): void {
    const text = Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
    must(
      'docker',
      'exec',
      this.name,
      'sh',
      '-c',
      'mkdir -p "$1"; printf %s "$2" > "$1/settings.env"',
      'sh',
      root,
      text,
    );
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
      target: `deployer ${this.address} 22`,
      key: join(this.home, 'key'),
      knownHosts: join(this.home, 'known_hosts'),
      stranger: join(this.home, 'stranger.pub'),
    };
  }

  /** What `dagger call` does, without Dagger: the client's own script, over SSH. */
  call(request: object, environment: NodeJS.ProcessEnv = {}): Promise<Call> & { kill(): void; output(): string } {
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
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(request)}\n`);
    const ended = new Promise<Call>((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => done({ code: code ?? 137, stdout, stderr, ms: Date.now() - began }));
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
