/** Back to the release before: with what is left of it, and not where it must not go. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from './host.ts';
import { whyNot } from './lab.ts';
import { Rehearsal } from './rehearsal.ts';
import { makeBundle } from './releases.ts';
import { searchForSecrets } from './secrets.ts';

describe('rehearsal: the way back', { skip: whyNot() ?? false, timeout: 3_600_000 }, async () => {
  const at = await Rehearsal.begin('sluice-rehearsal');
  const [v1, v2] = [at.release('v1'), at.release('v2')];
  after(() => at.end());

  describe('the way back', () => {
    before(() => at.ensure(v1));

    test('old colour already gone when a deploy fails: it is brought back', async () => {
      at.host.docker('rm', '--force', `sluice-api-${at.colour}-1`);
      await at.fails(
        v1,
        'old colour gone, and the new one fails',
        at.release('fails-behind-nginx', 'fails-behind-nginx'),
        /undone: switch/,
      );
    });

    test('rollback where the standing-by container was removed', async () => {
      assert.equal((await at.deploy(v2)).code, 0);
      const idle = at.host
        .docker('ps', '--all', '--quiet', '--filter', 'name=sluice-api', '--filter', 'status=exited')
        .trim();
      at.host.docker('rm', idle);
      const call = await at.rollback();
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /no registry is asked, and no age limit holds/);
      await at.serves(v1);
      at.note('rollback, standing-by container removed', call);
    });

    test('rollback does not go to a release that was rolled back, unless it is named', async () => {
      const refused = await at.rollback();
      assert.match(refused.stdout, /refused|undone|runs again/);
      const digest = v2.image.split('@')[1];
      const named = await at.rollback({ to: digest });
      assert.equal(named.code, 0, named.stdout);
      await at.serves(v2);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
      await at.serves(v1);
    });

    test('a release that somebody edited on the host is no way back', async () => {
      const bundle = await makeBundle((tree) =>
        appendFileSync(join(tree, 'compose/nginx/answers.conf'), '\n# second\n'),
      );
      assert.equal((await at.deploy({ ...v2, bundle })).code, 0);
      const file = `${root}/releases/${v1.bundle.slice(7)}/compose/compose.yaml`;
      at.host.exec('sh', '-c', `cp -p ${file} /tmp/compose.yaml; echo '# mine' >> ${file}`);
      const call = await at.rollback({ to: v1.image.split('@')[1] });
      assert.equal(call.code, 1);
      assert.match(call.stdout, /undone: stage: .* was changed since it was deployed/);
      await at.serves({ ...v2, bundle });
      at.note('rollback to a release edited on the host', call);
      at.host.exec('cp', '-p', '/tmp/compose.yaml', file);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
      await at.serves(v1);
    });

    test('no way back across a migration that took something away, unless forced', async () => {
      const file = `${root}/current.json`;
      const record = JSON.parse(at.host.exec('cat', file)) as { current: { migrations: string[] } };
      record.current.migrations = ['ContractDropOldColumn1763800002000'];
      at.host.exec('sh', '-c', 'printf %s "$1" > "$2"', 'sh', JSON.stringify(record), file);
      const target = { to: v2.image.split('@')[1] };
      const call = await at.rollback(target);
      assert.equal(call.code, 1);
      assert.match(
        call.stdout,
        /refused: ContractDropOldColumn1763800002000 took away what .* needs: deploy a correction, or give --force/,
      );
      at.note('rollback across a contract migration', call);
      assert.equal((await at.rollback({ ...target, force: true })).code, 0);
      await at.serves(v2);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1], force: true })).code, 0);
      await at.serves(v1);
    });

    test('drift is seen', async () => {
      at.host.docker('stop', `sluice-api-${at.colour}-1`);
      const status = await at.status();
      assert.match((status['drift'] as string[])[0]!, /^api-\w+ does not run$/);
      const mended = await at.mend();
      assert.equal(mended.code, 0, mended.stdout);
      await at.serves(v1);
    });

    test('prune keeps what runs and what stands by, and the newest few', async () => {
      const call = await at.prune(0);
      assert.equal(call.code, 0, call.stdout);
      await at.serves(v1);
      assert.equal((await at.rollback({ to: v2.image.split('@')[1] })).code, 0);
      await at.serves(v2);
      at.note('prune --keep 0', call);
    });
  });

  test('no secret is anywhere but in its file', () => searchForSecrets(at));
});
