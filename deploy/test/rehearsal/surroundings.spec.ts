/** What is around a release: a registry that wants a password, other settings, TLS, the ledger. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { root } from './host.ts';
import { whyNot } from './lab.ts';
import { Load } from './load.ts';
import { Rehearsal } from './rehearsal.ts';
import { type Login, registryProxy } from './registry-proxy.ts';
import { placesOf, searchForSecrets } from './secrets.ts';

describe('rehearsal: what is around the release', { skip: whyNot() ?? false, timeout: 3_600_000 }, async () => {
  const at = await Rehearsal.begin('sluice-rehearsal');
  const [v1, v2] = [at.release('v1'), at.release('v2')];
  after(() => at.end());

  describe('a registry with a password', () => {
    before(() => at.ensure(v1));
    const password = 'b6c1e0d2f4a89735-registry-password';

    for (const scheme of ['basic', 'bearer'] as const) {
      test(`that asks for it by ${scheme}: refused without and with a wrong one, deployed with the right one`, async () => {
        const login: Login = { username: 'robot', password, scheme };
        const proxy = await registryProxy({ login });
        try {
          const wanted = { ...v2, image: proxy.through(v2.image) };
          await at.fails(v1, `${scheme}, no password`, wanted, /refused: the registry .*--username and --password/);
          await at.fails(
            v1,
            `${scheme}, wrong password`,
            wanted,
            /refused: the registry does not let robot with this password read/,
            {},
            {},
            { ...login, password: 'wrong' },
          );
          assert.equal(proxy.admitted, 0);
          const call = at.deploy(wanted, {}, { SLUICE_KEEP: 'yes' }, login);
          assert.ok(await at.begun('start', call));
          assert.deepEqual(placesOf([password], at.host, at.said), [], 'the password is nowhere while it is in use');
          const ended = await call;
          assert.equal(ended.code, 0, ended.stdout + ended.stderr);
          assert.ok(proxy.admitted > 0);
          await at.serves(wanted);
          at.note(`${scheme}, right password`, ended);
        } finally {
          proxy.close();
        }
        // With the registry gone, the way back.
        assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
        await at.serves(v1);
        assert.deepEqual(placesOf([password], at.host, at.said), []);
      });
    }
  });

  describe('TLS at Nginx', () => {
    const lines = {
      COMPOSE_FILE: 'compose.yaml:compose.tls.yaml',
      SLUICE_TLS_DIRECTORY: '/etc/sluice/tls',
      SLUICE_HTTPS_LISTEN: '0.0.0.0:8443',
    };
    before(async () => {
      await at.ensure(v1);
      at.host.exec('sh', '-c', certificate);
    });
    after(async () => {
      at.plain();
      assert.equal((await at.deploy(v1, { interrupt: true, bake: 0 })).code, 0);
      await at.serves(v1);
    });

    test('settings that a running release does not have yet are no "already running"', async () => {
      at.configure({ SLUICE_LOG_LEVEL: 'WARN' });
      const call = await at.deploy(v1);
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /settings\.env changed/);
      await at.serves(v1);
      assert.match(at.api('LOG_LEVEL'), /WARN/);
      at.note('the same release, another line in settings.env', call);
      at.configure();
      assert.equal((await at.deploy(v1)).code, 0);
    });

    test('with a key that Nginx may not read: undone, and the old Nginx serves again', async () => {
      at.host.exec('sh', '-c', 'cp -rp /etc/sluice/tls /etc/sluice/closed && chown 0 /etc/sluice/closed/key.pem');
      at.configure({ ...lines, SLUICE_TLS_DIRECTORY: '/etc/sluice/closed' });
      await at.fails(v1, 'a key that Nginx may not read', v1, /undone: switch: Nginx ended: .*key\.pem/, {
        interrupt: true,
      });
    });

    test('is switched on by settings.env, which makes Nginx anew and so has to be allowed', async () => {
      at.configure(lines);
      const refused = await at.deploy(v1);
      assert.equal(refused.code, 1, refused.stdout);
      assert.match(refused.stdout, /undone: stage: nginx would be made anew.*--allow-interruption/);
      at.note('TLS switched on, not allowed', refused);
      const call = await at.deploy(v1, { interrupt: true });
      assert.equal(call.code, 0, call.stdout + call.stderr);
      at.overTls();
      await at.serves(v1);
      at.note('TLS switched on', call);
    });

    test('a new version under load, and back: no request fails', async () => {
      const load = new Load(at.url, { ca: at.certificate! });
      const deployed = await at.deploy(v2);
      assert.equal(deployed.code, 0, deployed.stdout);
      await at.serves(v2);
      const back = await at.rollback();
      assert.equal(back.code, 0, back.stdout);
      await at.serves(v1);
      const { failed, reasons, requests } = await load.stop();
      assert.deepEqual({ failed, reasons }, { failed: 0, reasons: [] });
      at.note(`deploy and rollback over TLS, ${requests} requests, 0 failed`, deployed);
    });

    test('a certificate that is none stops a deploy and a rollback before anything is touched', async () => {
      at.host.exec(
        'sh',
        '-c',
        'cp -p /etc/sluice/tls/certificate.pem /tmp/certificate.pem; echo none > /etc/sluice/tls/certificate.pem',
      );
      try {
        await at.fails(
          v1,
          'a certificate that is none',
          v2,
          /undone: stage: Nginx refuses the configuration that it has: cannot load certificate .*mend that first/,
        );
      } finally {
        at.host.exec('cp', '-p', '/tmp/certificate.pem', '/etc/sluice/tls/certificate.pem');
      }
    });
  });

  describe('the ledger', () => {
    before(() => at.ensure(v1));

    test('hears how deployments of the releases ended that it knows', async () => {
      const token = at.host.exec('cat', `${root}/secrets/tokens/deploy`);
      for (const wanted of [v1, v2]) {
        const answer = await fetch(`${at.url}/v1/services/release-ledger/releases/${wanted.image.split('@')[1]}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            ...{ version: '1.0.0', commit: wanted.commit, committedAt: '2026-11-22T07:30:00.000Z' },
            repository: 'https://git.example/release-ledger',
            verdict: {
              ...{ status: 'passed', policy: wanted.policy, finishedAt: '2026-11-22T07:40:00.000Z' },
              counts: { critical: 0, high: 0, medium: 0, low: 0 },
            },
          }),
        });
        assert.ok(answer.ok, await answer.text());
      }
      const call = await at.deploy(v2, { actor: 'alice' });
      assert.equal(call.code, 0, call.stdout);
      assert.doesNotMatch(call.stdout, /the ledger refuses|wait for the ledger/);
      assert.equal((await at.rollback({ actor: 'bob' })).code, 0);
      const answer = await fetch(`${at.url}/v1/services/release-ledger/environments/production/deployments`);
      const { items } = (await answer.json()) as { items: { actor: string; kind: string; status: string }[] };
      assert.deepEqual(
        items.slice(0, 2).map(({ actor, kind, status }) => ({ actor, kind, status })),
        [
          { actor: 'bob', kind: 'rollback', status: 'succeeded' },
          { actor: 'alice', kind: 'deploy', status: 'succeeded' },
        ],
      );
      at.note('the ledger knows both releases', call);
    });
  });

  test('no secret is anywhere but in its file', () => searchForSecrets(at));
});

/** A certificate of its own for the host's address, as Nginx's user may read it. */
const certificate = `
  mkdir -p /etc/sluice/tls && cd /etc/sluice/tls
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ledger.example -addext subjectAltName=IP:$(hostname -i) \
    -keyout key.pem -out certificate.pem 2> /dev/null
  chown 101 key.pem certificate.pem && chmod 0400 key.pem`;
