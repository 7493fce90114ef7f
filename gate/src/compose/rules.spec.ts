/** Each rule with what it wants and what it refuses; and the page that lists them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Service } from './model.ts';
import { composeRules } from './rules.ts';

const good: Service = {
  image: `registry.example/shop:1@sha256:${'0'.repeat(64)}`,
  user: 'node',
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'no',
  logging: { options: { 'max-size': '10m', 'max-file': '5' } },
  pids_limit: 100,
  mem_limit: '268435456',
  cpus: 1,
  networks: { app: null },
  healthcheck: { test: ['CMD', 'true'] },
};

/** Changes that each one rule refuses. */
const bad: Record<string, Service[]> = {
  'compose-image-digest': [{ image: 'postgres:15' }, { image: 'x@sha256:12' }],
  'compose-root-user': [{ user: 'root' }, { user: '0:0' }, { user: '0' }, { user: '' }, { user: 'root:node' }],
  'compose-writable-root': [{ read_only: false }],
  'compose-capabilities': [{ cap_drop: ['NET_RAW'] }, { cap_add: ['SYS_ADMIN'] }],
  'compose-new-privileges': [{ security_opt: ['no-new-privileges:false'] }, { security_opt: ['seccomp=unconfined'] }],
  'compose-privileged': [{ privileged: true }],
  'compose-shared-namespace': [
    { network_mode: 'host' },
    { pid: 'host' },
    { ipc: 'host' },
    { network_mode: 'service:x' },
  ],
  'compose-docker-socket': [
    { volumes: ['/var/run/docker.sock:/docker.sock:ro'] },
    { volumes: [{ type: 'bind', source: '/run/docker.sock', target: '/x', read_only: true }] },
  ],
  'compose-secret-variable': [{ environment: { DB_PASSWORD: 'x' } }],
  'compose-writable-bind': [{ volumes: ['./data:/data'] }, { volumes: [{ type: 'bind', source: '/a', target: '/b' }] }],
  'compose-public-port': [{ ports: ['8080:80'] }, { ports: [{ target: 80, published: '8080' }] }],
  'compose-memory-limit': [{ mem_limit: '' }],
  'compose-cpu-limit': [{ cpus: 0 }],
  'compose-process-limit': [{ pids_limit: -1 }],
  'compose-healthcheck': [{ healthcheck: { disable: true } }, { healthcheck: { test: [] } }],
  'compose-log-rotation': [{ logging: {} }, { logging: { driver: 'json-file', options: { 'max-size': '1m' } } }],
  'compose-restart': [{ restart: '' }],
  'compose-default-network': [{ networks: { default: null } }],
};

const broken = (service: Service) => composeRules.filter((rule) => rule.problem(service)).map(({ id }) => id);

describe('the rules for Compose', () => {
  it('ask nothing of a hardened service', () => {
    assert.deepEqual(broken(good), []);
    const { mem_limit: _, cpus: __, pids_limit: ___, ...rest } = good;
    assert.deepEqual(broken({ ...rest, deploy: { resources: { limits: { memory: '1', cpus: '1', pids: 1 } } } }), []);
    assert.deepEqual(broken({ ...good, environment: { DB_PASSWORD_FILE: '/run/secrets/db', TOKEN: '' } }), []);
    assert.deepEqual(broken({ ...good, logging: { driver: 'journald' } }), []);
  });

  it('all have a bad example', () =>
    assert.deepEqual(
      Object.keys(bad),
      composeRules.map(({ id }) => id),
    ));

  for (const [id, examples] of Object.entries(bad)) {
    it(`${id} refuses what it is for, and nothing else does`, () => {
      for (const example of examples) assert.deepEqual(broken({ ...good, ...example }), [id], JSON.stringify(example));
    });
  }

  it('stand in docs/config.md with their severities', () => {
    const page = readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(compose-[a-z-]+)` +\| (\w+) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
    assert.deepEqual(
      rows,
      composeRules.map(({ id, severity, wants }) => [id, severity, wants]),
    );
  });
});
