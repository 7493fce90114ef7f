/** Debian's Nginx in front of several instances, with the upstream settings that matter while one of them is replaced. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Skipped, freePort } from './lab.ts';
import type { Lab } from './lab.ts';

/** Nginx, and what Nginx alone lacks: somebody who looks at readiness and takes an instance out, as Kubernetes or a paid Nginx does. */
export class FrontDoor {
  readonly port: number;
  readonly #folder: string;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /**
   * Starts it in front of two instances.
   * @throws {Skipped} where there is no Nginx
   */
  static async before(lab: Lab, upstreams: readonly [number, number]): Promise<FrontDoor> {
    if (spawnSync('nginx', ['-v']).error) throw new Skipped('there is no nginx here: apt-get install nginx-light');
    const folder = join(lab.folder, 'nginx');
    mkdirSync(folder);
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configuration(folder, port, upstreams));
    const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', file], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    lab.owns(nginx);
    for (let tries = 0; !(await listens(port)); tries += 1) {
      if (tries > 200 || nginx.exitCode !== null) throw new Error('nginx did not start');
      await sleep(25);
    }
    return new FrontDoor(port, folder);
  }

  /** From the next request on, sends none to this instance, or some again. */
  use(upstream: number, used: boolean): void {
    if (used) rmSync(this.#mark(upstream), { force: true });
    else writeFileSync(this.#mark(upstream), '');
  }

  uses(upstream: number): boolean {
    return !existsSync(this.#mark(upstream));
  }

  #mark(upstream: number): string {
    return join(this.#folder, `${upstream}.out`);
  }
}

function configuration(folder: string, port: number, [first, second]: readonly [number, number]): string {
  return `# Two workers, as in compose/; everything it writes is in the folder that is removed.
worker_processes 2;
daemon off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000;
  upstream both { server 127.0.0.1:${first} max_fails=0; server 127.0.0.1:${second} max_fails=0; keepalive 32; keepalive_timeout 60s; }
  upstream first { server 127.0.0.1:${first}; keepalive 32; keepalive_timeout 60s; }
  upstream second { server 127.0.0.1:${second}; keepalive 32; keepalive_timeout 60s; }
  server {
    listen 127.0.0.1:${port};
    location / {
      # A mark instead of a reload: a reload of Nginx before 1.27 closes its clients' connections, and the failures would be Nginx's.
      set $instances both;
      if (-f ${folder}/${first}.out) { set $instances second; }
      if (-f ${folder}/${second}.out) { set $instances first; }
      proxy_pass http://$instances;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 2s;
      proxy_read_timeout 20s;
      # Once more only if it never reached an instance: a POST must not run twice.
      proxy_next_upstream error timeout;
      proxy_next_upstream_tries 2;
      add_header X-Upstream $upstream_addr always;
    }
  }
}
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
