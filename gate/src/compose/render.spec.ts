/** Compose itself at work: what it renders, what it can't, and what never gets into a report. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { composeCommand, composeSets, renderSet } from './render.ts';

const compose = composeCommand();

function rendered(test: TestContext, files: Record<string, string>, set: string[], variables?: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'sluice-compose-'));
  test.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return renderSet(compose!, root, set, variables);
}

it('finds which files belong together by their names', () => {
  assert.deepEqual(
    composeSets([
      'compose.yaml',
      'compose.tls.yaml',
      'docs/docker-compose.yml',
      'ops/compose.dev.yml',
      'my-compose.yaml',
    ]),
    [['compose.yaml'], ['compose.yaml', 'compose.tls.yaml'], ['docs/docker-compose.yml'], ['ops/compose.dev.yml']],
  );
});

describe('rendering by Compose', { skip: compose ? false : 'Compose is not installed' }, () => {
  it('follows overlays, anchors, extends, includes and variables, and says where a service stands', (test) => {
    const { services } = rendered(
      test,
      {
        'compose.yaml':
          'include: [more.yaml]\nx-a: &a { read_only: true }\nservices:\n  a: { <<: *a, image: "${IMAGE:?which}", profiles: [p] }\n',
        'compose.b.yaml':
          'services:\n  b: { extends: { service: a, file: compose.yaml }, user: "7" }\n  a: { privileged: true }\n',
        'more.yaml': 'services: { c: { image: c } }\n',
      },
      ['compose.yaml', 'compose.b.yaml'],
      { IMAGE: 'x:1' },
    );
    assert.deepEqual(
      services!.map(({ name, file, line, definition: { image, read_only, privileged, user } }) => ({
        ...{ name, file, line, image, read_only, privileged, user },
      })),
      [
        { name: 'a', file: 'compose.yaml', line: 4, image: 'x:1', read_only: true, privileged: true, user: undefined },
        { name: 'b', file: 'compose.b.yaml', line: 2, image: 'x:1', read_only: true, privileged: undefined, user: '7' },
        {
          name: 'c',
          file: 'compose.yaml',
          line: undefined,
          image: 'c',
          read_only: undefined,
          privileged: undefined,
          user: undefined,
        },
      ],
    );
  });

  it('says in one line what it can not render', (test) => {
    const failure = (text: string) => rendered(test, { 'compose.yaml': text }, ['compose.yaml']).failure!;
    assert.match(
      failure('services: { a: { image: "${IMAGE:?which}" } }\n'),
      /^error while interpolating services\.a\.image: .*; sluice\.yaml gives it a value by stages\.config\.variables\.IMAGE$/,
    );
    assert.match(failure('services: { a: { imagge: x } }\n'), /^[^\n]*imagge[^\n]*$/);
    assert.match(failure('services: [\n'), /^[^\n]+$/);
    assert.equal(rendered(test, {}, ['no.yaml']).failure, 'there is no no.yaml (stages.config.compose)');
  });

  it('keeps no value, no command and no path of this machine', (test) => {
    const result = rendered(
      test,
      {
        '.env': 'FROM_DOTENV=hidden-1\n',
        'env.list': 'A=hidden-2\n',
        'compose.yaml': [
          'services:',
          '  a:',
          '    image: x',
          '    command: [run, --password, hidden-3]',
          '    env_file: env.list',
          '    environment: { DB_PASSWORD: hidden-4, B: "${FROM_DOTENV:-}", C: "${HOME_SWEET_HOME:-}" }',
          '    labels: { token: hidden-5 }',
          '    healthcheck: { test: [CMD, psql, hidden-6] }',
          '    logging: { driver: splunk, options: { splunk-token: hidden-7 } }',
          '    build: { context: ., args: { KEY: hidden-8 } }',
          '    volumes: [./data:/data]',
          '',
        ].join('\n'),
      },
      ['compose.yaml'],
    );
    const text = JSON.stringify(result);
    assert.doesNotMatch(text, /hidden-|sluice-compose-/);
    assert.deepEqual(result.services![0]!.definition.environment, { B: '', C: '', DB_PASSWORD: '…' });
    assert.deepEqual(result.services![0]!.definition.volumes, [{ type: 'bind', source: 'data', target: '/data' }]);
  });
});
