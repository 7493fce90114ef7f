/** Whoever works goes down in the middle: the caller, the network, the supervisor at each step, the host. The next one recognizes it and mends. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Release } from '../../src/release.ts';
import { root } from './host.ts';
import { whyNot } from './lab.ts';
import { Rehearsal } from './rehearsal.ts';
import { searchForSecrets } from './secrets.ts';

describe('rehearsal: crashes', { skip: whyNot() ?? false, timeout: 3_600_000 }, async () => {
  const at = await Rehearsal.begin('sluice-rehearsal');
  const [v1, v2] = [at.release('v1'), at.release('v2')];
  after(() => at.end());

  describe('cut off', () => {
    before(() => at.ensure(v1));

    test('the caller is gone in the middle: the host goes on to the end', async () => {
      const call = at.deploy(v2);
      assert.ok(await at.begun('start', call));
      call.kill();
      await call;
      await at.rest();
      await at.serves(v2);
      const again = await at.deploy(v2);
      assert.match(again.stdout, /already running/);
      at.note('the caller is killed at "start"; his next call', again);
      assert.equal((await at.rollback()).code, 0);
      await at.serves(v1);
    });

    test('the network is cut for half a minute: the call finds its supervisor again', async () => {
      const call = at.deploy(v2, { bake: 10 });
      assert.ok(await at.begun('start', call));
      at.host.exec(
        'sh',
        '-c',
        'iptables -I INPUT -p tcp --dport 22 -j DROP; iptables -I OUTPUT -p tcp --sport 22 -j DROP',
      );
      setTimeout(
        () =>
          at.host.exec(
            'sh',
            '-c',
            'iptables -D INPUT -p tcp --dport 22 -j DROP; iptables -D OUTPUT -p tcp --sport 22 -j DROP',
          ),
        45_000,
      );
      const { code, stderr, stdout } = await call;
      assert.equal(code, 0, stdout + stderr);
      await at.rest();
      await at.serves(v2);
      at.note('the network is cut for 45 s', { code, stdout, stderr, ms: 0 });
      assert.equal((await at.rollback()).code, 0);
    });

    const steps = [
      'stage',
      'database',
      'backup',
      'migrate',
      'start',
      'switch',
      'bake',
      'observability',
      'drain',
      'prove',
    ];
    for (const [index, step] of steps.entries()) {
      // In turn: Docker starts it again, which mends at once; or nobody does, and the next call mends.
      const again = index % 2 === 0;
      test(`the supervisor is killed at "${step}"${again ? ', Docker starts it again' : ''}`, async () => {
        await killed(step, `"step": "${step}"`, 'journal.json', again);
        await at.serves(v1);
      });
    }

    // The last step writes .env, then current.json, which is the point of no return.
    test('the supervisor is killed at "record", before .env', async () => {
      await killed('record', '"step": "record"', 'journal.json', false);
      await at.serves(recorded());
      await at.ensure(v1);
    });

    test('the supervisor is killed at "record", after .env, Docker starts it again', async () => {
      await killed('record, after .env', `SLUICE_IMAGE=${v2.image}`, 'stack/compose/.env', true);
      await at.serves(recorded());
      await at.ensure(v1);
    });

    for (const again of [false, true]) {
      test(`the supervisor is killed after the record${again ? ', Docker starts it again' : ''}: what runs stays`, async () => {
        const actor = `killed at the end, ${again}`;
        await killed('record, after current.json', `"actor": "${actor}"`, 'current.json', again, actor);
        await at.serves(v2);
        assert.equal((await at.deploy(v1)).code, 0);
      });
    }
    /** A deploy of v2 that is killed when a file says something, and is mended. */
    async function killed(what: string, text: string, file: string, again: boolean, actor = 'test'): Promise<void> {
      const call = at.deploy(v2, { bake: 5, actor });
      assert.ok(await at.begun('stage', call));
      assert.ok(await at.killWhen(text, { file, again }), `"${text}" was seen in ${file}`);
      const ended = await call;
      const mending = /mending: the deploy of .* by .* (was cut off; undoing it|had come to its end)/;
      if (again) {
        await at.rest();
        assert.match(ended.stderr, mending);
        at.note(`killed at "${what}", started again by Docker`, { ...ended, stdout: '' });
        return;
      }
      assert.equal(ended.code, 3, ended.stderr);
      assert.match(ended.stderr, /the supervisor was ended from outside .* the next call undoes it/);
      const status = await at.status();
      assert.match((status['unfinished'] as { verdict: string }).verdict, /^cut off: /);
      const mended = await at.mend();
      assert.equal(mended.code, 0, mended.stdout);
      assert.match(mended.stdout, mending);
      at.note(`killed at "${what}", mended by the next call`, mended);
    }

    function recorded(): Release {
      const { current } = JSON.parse(at.host.exec('cat', `${root}/current.json`)) as { current: { release: Release } };
      return current.release.image === v2.image ? v2 : v1;
    }

    for (const step of ['migrate', 'start', 'bake', 'drain']) {
      test(`the host is switched off at "${step}"`, async () => {
        const call = at.deploy(v2, { bake: 8 });
        assert.ok(await at.begun(step, call));
        await at.host.reboot();
        await call;
        await at.rest();
        const began = Date.now();
        await eventually(60, () => at.serves(v1));
        at.note(
          `switched off at "${step}"`,
          `the old version serves ${((Date.now() - began) / 1_000).toFixed(0)} s after the supervisor’s end, without any call`,
        );
      });
    }

    test('a supervisor that hangs is ended by --break-lock, and what it began is undone', async () => {
      const call = at.deploy(v2, { bake: 120, actor: 'alice' });
      assert.ok(await at.begun('bake', call));
      const broken = await at.deploy(v2, { breakLock: true, actor: 'bob' });
      await call;
      assert.equal(broken.code, 0, broken.stdout);
      assert.match(broken.stdout, /ending the deploy production of alice[^]*was cut off; undoing it/);
      await at.serves(v2);
      at.note('--break-lock', broken);
      assert.equal((await at.rollback()).code, 0);
    });
  });

  test('no secret is anywhere but in its file', () => searchForSecrets(at));
});

async function eventually(seconds: number, check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + seconds * 1_000; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await new Promise((resume) => setTimeout(resume, 500));
  }
}
