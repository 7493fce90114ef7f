/** A fault at every step, none of them a crash: refused or undone, and the old version serves. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from './host.ts';
import { registry, whyNot } from './lab.ts';
import { Rehearsal } from './rehearsal.ts';
import { registryProxy } from './registry-proxy.ts';
import { makeBundle } from './releases.ts';
import { searchForSecrets } from './secrets.ts';

describe('rehearsal: faults', { skip: whyNot() ?? false, timeout: 3_600_000 }, async () => {
  const at = await Rehearsal.begin('sluice-rehearsal');
  const [v1, v2] = [at.release('v1'), at.release('v2')];
  after(() => at.end());

  describe('faults before anything is touched', () => {
    before(() => at.ensure(v1));

    test('registry down', async () => {
      const image = v2.image.replace(/^[^/]+/, `${registry().host.split(':')[0]}:5999`);
      await at.fails(v1, 'registry down', { ...v2, image }, /the registry .*:5999 could not be asked/);
    });

    test('clock wrong', async () => {
      // The caller's clock: both run on one kernel, which has but one time.
      const bin = join(at.host.home, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'date'), '#!/bin/sh\necho $(($(/bin/date +%s) - 120))\n', { mode: 0o755 });
      const path = { PATH: `${bin}:${process.env['PATH']}` };
      await at.fails(
        v1,
        'clock wrong',
        v2,
        /the host's clock is 1[12]\d s ahead of the caller's: at most 30 s/,
        {},
        path,
      );
    });

    test('secret missing', async () => {
      at.host.exec('mv', `${root}/secrets/api/tokens`, '/tmp/tokens');
      try {
        await at.fails(v1, 'secret missing', v2, /the secret .*api\/tokens is missing/);
      } finally {
        at.host.exec('mv', '/tmp/tokens', `${root}/secrets/api/tokens`);
      }
    });

    test('secret open to others, disk and memory short: all in one list', async () => {
      at.host.exec('chmod', '0444', `${root}/secrets/api/tokens`);
      at.configure({ SLUICE_LEAST_DISK_MIB: '99999999', SLUICE_LEAST_MEMORY_MIB: '99999999' });
      try {
        await at.fails(
          v1,
          'four problems at once',
          v2,
          /MiB are free in [^]*MiB of memory are free[^]*is open to others[^]*refused: 4 problems/,
        );
      } finally {
        at.host.exec('chmod', '0400', `${root}/secrets/api/tokens`);
        at.configure();
      }
    });

    test('a host key that is not in known-hosts', async () => {
      const knownHosts = join(at.host.home, 'strange_hosts');
      writeFileSync(knownHosts, `${at.host.address} ${readFileSync(at.host.access.stranger, 'utf8')}`);
      const call = await at.deploy(v2, {}, { SLUICE_KNOWN_HOSTS: knownHosts });
      assert.equal(call.code, 4);
      assert.match(call.stderr, /the host key of .* is not the one in known-hosts/);
      await at.serves(v1);
      at.note('host key not in known-hosts', call);
    });

    test('a user who may not use Docker', async () => {
      at.host.exec('gpasswd', '--delete', 'deployer', 'docker');
      try {
        const call = await at.deploy(v2);
        assert.equal(call.code, 4);
        assert.match(call.stderr, /but not its Docker: run setup; the user must be in the group docker/);
        at.note('user not in the group docker', call);
      } finally {
        at.host.exec('gpasswd', '--add', 'deployer', 'docker');
      }
    });
  });

  describe('faults on the way', () => {
    before(() => at.ensure(v1));

    test('a bundle that is changed between registry and host', async () => {
      const proxy = await registryProxy({ tamper: true });
      try {
        await at.fails(
          v1,
          'tampered Compose file',
          { ...v2, image: proxy.through(v2.image) },
          /stage: the registry gave sha256:.* somebody changed it on the way/,
        );
      } finally {
        proxy.close();
      }
    });

    test('disk full while the release is unpacked', async () => {
      at.host.exec(
        'sh',
        '-c',
        `cp -a ${root}/releases /tmp/releases && mount -t tmpfs -o size=$(($(du -sk /tmp/releases | cut -f1) + 400))k tmpfs ${root}/releases && cp -a /tmp/releases/. ${root}/releases/`,
      );
      const bundle = await makeBundle((tree) => writeFileSync(join(tree, 'compose/large'), Buffer.alloc(2 << 20, 'x')));
      try {
        await at.fails(v1, 'disk full', { ...v2, bundle }, /stage: .*(No space left|ENOSPC)/);
      } finally {
        at.host.exec('sh', '-c', `umount ${root}/releases; rm -rf /tmp/releases`);
      }
    });

    test('migration that fails', () =>
      at.fails(
        v1,
        'migration error',
        at.release('migration-error', 'migration-error'),
        /undone: migrate: the migrations could not be applied: column "x" does not exist/,
      ));

    test('migration that waits for a lock for ever', async () => {
      const sql = 'SELECT pg_advisory_lock(7263548102), pg_sleep(600)';
      at.host.docker('exec', '--detach', 'sluice-postgres-1', 'psql', '-U', 'postgres', '-d', 'ledger', '-c', sql);
      try {
        await at.fails(v1, 'migration hangs on a lock', v2, /undone: migrate: (not done after 10 s|.*lock)/, {
          migrate: 10,
        });
      } finally {
        const end =
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";
        at.host.docker('exec', 'sluice-postgres-1', 'psql', '-U', 'postgres', '-d', 'ledger', '-c', end);
      }
    });

    test('never ready', async () => {
      at.configure({ SLUICE_READY_SECONDS: '10' });
      try {
        await at.fails(
          v1,
          'never ready',
          at.release('never-ready', 'never-ready'),
          /undone: start: api-\w+ was not ready in 10 s: \/health\/ready answers 503/,
        );
      } finally {
        at.configure();
      }
    });

    test('ready, but answers 500 through Nginx', () =>
      at.fails(
        v1,
        '500 through Nginx',
        at.release('fails-behind-nginx', 'fails-behind-nginx'),
        /undone: switch: .* answers 500/,
      ));

    test('dies after the switch', () =>
      at.fails(
        v1,
        'dies after the switch',
        at.release('dies-after-switch', 'dies-after-switch'),
        /undone: bake: (api-\w+ ended|\d+ of \d+ requests)/,
        { bake: 10 },
      ));

    test('gets worse after the switch', () =>
      at.fails(
        v1,
        '5xx after the switch',
        at.release('worse-after-switch', 'worse-after-switch'),
        /undone: bake: \d+ of \d+ requests were answered with 5xx/,
        { bake: 10 },
      ));

    test('broken Nginx configuration', async () => {
      const bundle = await makeBundle((tree) => appendFileSync(join(tree, 'compose/nginx/limits.conf'), 'nonsense;\n'));
      await at.fails(
        v1,
        'broken Nginx configuration',
        { ...v2, bundle },
        /undone: switch: Nginx refuses its configuration: unknown directive "nonsense"/,
      );
    });

    test('Nginx would have to be made anew: not without being told', async () => {
      const bundle = await makeBundle((tree) => {
        const file = join(tree, 'compose/compose.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('mem_limit: 128m', 'mem_limit: 129m'));
      });
      await at.fails(
        v1,
        'Nginx’s definition changed',
        { ...v2, bundle },
        /undone: stage: nginx would be made anew.*--allow-interruption/,
      );
    });

    test('observability that does not come up is a warning, not a failure', async () => {
      const bundle = await makeBundle((tree) => {
        const file = join(tree, 'compose/compose.yaml');
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace('--nginx.scrape-uri=http://nginx:8081/status', '--no-such-flag'),
        );
      });
      const call = await at.deploy({ ...v2, bundle });
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /warning +observability: not up: nginx-exporter/);
      await at.serves({ ...v2, bundle });
      assert.equal((await at.rollback()).code, 0);
      await at.serves(v1);
      at.note('an exporter that does not start', call);
    });
  });

  test('no secret is anywhere but in its file', () => searchForSecrets(at));
});
