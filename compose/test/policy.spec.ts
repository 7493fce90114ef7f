/** Holds every service of every overlay to the rules of the stage config, by the rendered model, and the stack to what it promises beyond them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { builtIn } from '../../dagger/src/images.ts';
import { mountsOf, networksOf, type Service } from '../../gate/src/compose/model.ts';
import { composeRules } from '../../gate/src/compose/rules.ts';
import {
  hasCompose,
  interpolate,
  policy,
  render,
  renderHere,
  renderWithCompose,
  settings,
  variablesOf,
  variants,
} from './model.ts';

/** What the stage config holds every project to; its exceptions are waivers in sluice.yaml, with owner, reason and last day. */
const exceptions = policy.waivers.filter(({ id, stage }) => stage === 'config' && id.startsWith('compose-'));

for (const [variant, files] of Object.entries(variants)) {
  describe(`policy: ${variant} (${hasCompose ? 'rendered by docker compose' : 'rendered by the test'})`, () => {
    const model = render(files);
    for (const rule of composeRules) {
      const { id } = rule;
      it(`every service has ${rule.wants}`, () => {
        for (const [service, definition] of Object.entries(model.services)) {
          const exception = exceptions.find((one) => one.id === id && one.resource === service);
          const problem = rule.problem(definition);
          if (exception) assert.ok(problem, `the exception of ${service} from ${id} is not needed`);
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
  it('are judged in every way in which they are put together', () => {
    const sets = Object.values(variants).map((files) => files.map((file) => `compose/${file}`));
    assert.deepEqual(policy.stages.config.compose, sets);
  });

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
