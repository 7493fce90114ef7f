/** The part of Compose's rendered model that the hardening rules read, in its long and its short forms. */

export interface Service {
  image?: string;
  build?: unknown;
  user?: string;
  read_only?: boolean;
  privileged?: boolean;
  network_mode?: string;
  pid?: string;
  ipc?: string;
  cap_add?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string | number;
  cpus?: number | string;
  pids_limit?: number;
  deploy?: { resources?: { limits?: { memory?: string | number; cpus?: string | number; pids?: number } } };
  restart?: string;
  healthcheck?: { test?: string | string[]; disable?: boolean };
  logging?: { driver?: string; options?: Record<string, string> };
  environment?: Record<string, string | null>;
  networks?: string[] | Record<string, unknown>;
  ports?: (string | { host_ip?: string; published?: string; target: number })[];
  volumes?: (string | Mount)[];
}

export interface Mount {
  type: string;
  source?: string;
  target: string;
  read_only?: boolean | undefined;
}

/** The networks of a service by name, in the order of the file. */
export function networksOf({ networks }: Service): string[] {
  return Array.isArray(networks) ? networks : Object.keys(networks ?? {});
}

/** Mounts, the short form `source:target:mode` included. */
export function mountsOf({ volumes }: Service): Mount[] {
  return (volumes ?? []).map((volume) => {
    if (typeof volume !== 'string') return volume;
    const [source = '', target = '', mode = ''] = volume.split(':');
    return {
      type: /^[./~]/.test(source) ? 'bind' : 'volume',
      source,
      target,
      read_only: mode.split(',').includes('ro'),
    };
  });
}
