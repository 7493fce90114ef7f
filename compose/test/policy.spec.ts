/** Holds every service of every overlay to the stack's rules, by the rendered model; an exception is named here, with its reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { builtIn } from '../../dagger/src/images.ts';
import {
  hasCompose,
  interpolate,
  render,
  renderHere,
  renderWithCompose,
  settings,
  variablesOf,
  variants,
} from './model.ts';
import type { Service } from './model.ts';

/** Returns what is wrong, or nothing. */
type Rule = (service: Service) => string | undefined;

const rules: Readonly<Record<string, Rule>> = {
  'an image by digest': ({ image }) =>
    /@sha256:[0-9a-f]{64}$/.test(image ?? '') ? undefined : `image is ${image ?? 'missing'}`,
  'a user who is not root': ({ user }) =>
    /^[1-9]\d*(:\d+)?$/.test(user ?? '') ? undefined : `user is ${user ?? 'missing'}`,
  'a read-only root': ({ read_only }) => (read_only === true ? undefined : 'read_only is not true'),
  'no capabilities': ({ cap_drop, cap_add }) =>
    cap_drop?.includes('ALL') && (cap_add ?? []).length === 0 ? undefined : 'cap_drop is not ALL, or cap_add is set',
  'no new privileges': ({ security_opt, privileged }) =>
    security_opt?.includes('no-new-privileges:true') && privileged !== true ? undefined : 'it could gain privileges',
  'namespaces of its own': ({ network_mode, pid, ipc }) =>
    network_mode === undefined && pid === undefined && ipc === undefined
      ? undefined
      : "it shares the host's or another's",
  'a memory limit': ({ mem_limit }) => (mem_limit ? undefined : 'mem_limit is missing'),
  'a CPU limit': ({ cpus }) => (cpus ? undefined : 'cpus is missing'),
  'a limit of processes': ({ pids_limit }) => (pids_limit && pids_limit > 0 ? undefined : 'pids_limit is missing'),
  'a health check': ({ healthcheck }) =>
    healthcheck?.disable !== true && (healthcheck?.test ?? []).length > 0 ? undefined : 'healthcheck is missing',
  'a log that is rotated': ({ logging }) =>
    logging?.options?.['max-size'] && logging.options['max-file'] ? undefined : 'logging has no limit',
  'a policy of restarts': ({ restart }) => (restart ? undefined : 'restart is missing'),
  'networks by name': (service) => (networksOf(service).length > 0 ? undefined : "it is on Compose's default network"),
  'mounts from the host that it cannot write': (service) => {
    const writable = mountsOf(service).filter(({ type, read_only }) => type === 'bind' && read_only !== true);
    return writable.length === 0 ? undefined : `it may write to ${writable.map(({ source }) => source).join(', ')}`;
  },
  'no way to the Docker socket': (service) =>
    mountsOf(service).some(({ target }) => target.includes('docker.sock')) ? 'it has the socket' : undefined,
  'no secret among its variables': ({ environment }) => {
    const names = Object.entries(environment ?? {})
      .filter(([name, value]) => /PASSWORD|SECRET|TOKEN|PASS\b/.test(name) && !/_FILE$/.test(name) && value)
      .map(([name]) => name);
    return names.length === 0 ? undefined : `${names.join(', ')} holds one: use a file`;
  },
  'ports on loopback': ({ ports }) => {
    const open = (ports ?? []).filter((port) =>
      typeof port === 'string' ? !port.startsWith('127.0.0.1:') : port.host_ip !== '127.0.0.1',
    );
    return open.length === 0 ? undefined : `it publishes ${JSON.stringify(open)}`;
  },
};

/** What may be otherwise, and why. An exception that nothing needs is an error too. */
const exceptions: readonly { service: string; rule: keyof typeof rules; reason: string }[] = [
  {
    service: 'nginx-exporter',
    rule: 'a health check',
    reason: "its image holds one binary that can't ask; Prometheus's up watches it",
  },
  { service: 'migrate', rule: 'a health check', reason: 'it runs once; whether it succeeded is its exit code' },
  { service: 'socket-proxy', rule: 'no way to the Docker socket', reason: 'it is the one that guards it' },
];

for (const [variant, files] of Object.entries(variants)) {
  describe(`policy: ${variant} (${hasCompose ? 'rendered by docker compose' : 'rendered by the test'})`, () => {
    const model = render(files);
    for (const [name, rule] of Object.entries(rules)) {
      it(`every service has ${name}`, () => {
        for (const [service, definition] of Object.entries(model.services)) {
          const exception = exceptions.find((e) => e.service === service && e.rule === name);
          const problem = rule(definition);
          if (exception) assert.ok(problem, `the exception of ${service} from "${name}" is not needed`);
          if (!exception) assert.equal(problem, undefined, `${service}: ${problem}`);
        }
      });
    }

    it('keeps edge, app, data and observability apart', () => {
      const on = (service: string): string[] => networksOf(model.services[service]!);
      const shares = (a: string, b: string): string[] => on(a).filter((network) => on(b).includes(network));
      assert.deepEqual(on('postgres'), ['data']);
      for (const stranger of ['nginx', 'grafana', 'prometheus', 'loki', 'alloy', 'socket-proxy', 'nginx-exporter']) {
        assert.deepEqual(shares(stranger, 'postgres'), [], `${stranger} reaches PostgreSQL`);
      }
      for (const watcher of ['prometheus', 'loki', 'alloy']) {
        assert.deepEqual(shares('nginx', watcher), [], `Nginx reaches ${watcher}`);
      }
      for (const service of ['api-blue', 'nginx', 'prometheus']) {
        assert.deepEqual(shares('socket-proxy', service), [], `${service} reaches the socket proxy`);
      }
      assert.deepEqual(shares('nginx', 'grafana'), variant === 'tls and Grafana' ? ['grafana-front'] : []);
    });

    it('lets nothing out but Nginx, and what needs a port on loopback', () => {
      for (const [name, network] of Object.entries(model.networks)) {
        if (network?.internal) continue;
        const members = Object.keys(model.services).filter((service) =>
          networksOf(model.services[service]!).includes(name),
        );
        const allowed = ['nginx', 'prometheus', 'grafana'];
        assert.deepEqual(
          members.filter((member) => !allowed.includes(member)),
          [],
          `on ${name}, which is not internal`,
        );
      }
    });
  });

  it(
    `docker compose config says nothing but the model: ${variant}`,
    { skip: hasCompose ? false : 'docker compose is not installed' },
    () => {
      assert.equal(renderWithCompose(files).warnings, '');
    },
  );
}

describe('the files of the stack', () => {
  it('pull what the table of images says', () => {
    const table = new Set<string>(Object.values(builtIn));
    const model = renderHere(['compose.yaml']);
    for (const [service, { image }] of Object.entries(model.services)) {
      if (image === settings['SLUICE_IMAGE']) continue;
      assert.ok(table.has(image!), `${service}: ${image} is not in dagger/src/images.ts`);
    }
  });

  it('have every variable explained in .env.example, and no other', () => {
    const explained = new Set(
      readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8').match(/\b(SLUICE|COMPOSE)_[A-Z_]+\b/g),
    );
    const used = variablesOf([...new Set(Object.values(variants).flat())]);
    // Compose's own, and those of the fire drill and of a build, which are no settings of an installation.
    const own = ['COMPOSE_PROJECT_NAME', 'SLUICE_DRILL_IMAGE', 'SLUICE_VERSION', 'SLUICE_COMMIT'];
    for (const name of used)
      assert.ok(explained.has(name) || own.includes(name), `${name} is not explained in .env.example`);
    for (const name of explained) {
      assert.ok(
        used.has(name) || ['COMPOSE_PROFILES', 'COMPOSE_FILE'].includes(name),
        `${name} is explained and not used`,
      );
    }
  });

  it('name the variable that is missing', () => {
    const text = readFileSync(join(import.meta.dirname, '../compose.yaml'), 'utf8');
    for (const name of ['SLUICE_IMAGE', 'SLUICE_DOCKER_GID']) {
      assert.throws(
        () => interpolate(text, { ...settings, [name]: '' }),
        new RegExp(`required variable ${name} is missing`),
      );
      if (hasCompose) {
        assert.throws(() => renderWithCompose(['compose.yaml'], { ...settings, [name]: '' }), new RegExp(name));
      }
    }
  });

  it(
    'are rendered here as Compose renders them',
    { skip: hasCompose ? false : 'docker compose is not installed' },
    () => {
      for (const files of Object.values(variants)) {
        const theirs = renderWithCompose(files).model;
        const ours = renderHere(files);
        assert.deepEqual(Object.keys(ours.services).sort(), Object.keys(theirs.services).sort());
        for (const [name, service] of Object.entries(theirs.services)) {
          const mine = ours.services[name]!;
          assert.equal(mine.image, service.image);
          assert.equal(mine.user, service.user);
          assert.deepEqual(networksOf(mine).sort(), networksOf(service).sort());
          assert.deepEqual(targets(mine), targets(service), name);
        }
      }
    },
  );
});

function targets(service: Service): string[] {
  return mountsOf(service)
    .map(({ target }) => target)
    .sort();
}

function networksOf({ networks }: Service): string[] {
  return Array.isArray(networks) ? networks : Object.keys(networks ?? {});
}

interface Mount {
  type: string;
  source: string;
  target: string;
  read_only?: boolean | undefined;
}

/** Mounts, the short form `source:target:mode` included. */
function mountsOf({ volumes }: Service): Mount[] {
  return (volumes ?? []).map((volume) => {
    if (typeof volume !== 'string') return volume;
    const [source = '', target = '', mode = ''] = volume.split(':');
    return {
      type: /^[./]/.test(source) ? 'bind' : 'volume',
      source,
      target,
      read_only: mode.split(',').includes('ro'),
    };
  });
}
