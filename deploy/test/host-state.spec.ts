/** What lies on the host: the lock, the settings, the trees of files. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Execute } from '../src/command.ts';
import { Docker } from '../src/docker.ts';
import { filesBelow, mirror, treeHash } from '../src/files.ts';
import { type Lock, noted, takeLock, type Wish } from '../src/lock.ts';
import type { Release } from '../src/release.ts';
import { composeFiles, environment, parseSettings } from '../src/settings.ts';
import { secretProblem } from '../src/steps/stage.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-host-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A Docker that knows some containers, all of them running. */
function dockerWith(...running: string[]): Docker {
  const run: Execute = ([, , , ...names]) => {
    const found = names.filter((name) => running.includes(name));
    const inspected = found.map((name) => ({
      Id: name,
      Name: `/${name}`,
      Image: '',
      RestartCount: 0,
      State: { Running: true, Restarting: false, StartedAt: '' },
      Config: { Labels: null },
      NetworkSettings: { Networks: null },
    }));
    const stderr = found.length < names.length ? 'Error: No such container' : '';
    return Promise.resolve({ code: stderr ? 1 : 0, stdout: JSON.stringify(inspected), stderr });
  };
  return new Docker(run);
}

describe('the lock', () => {
  const wish = (supervisor: string, more: Partial<Wish> = {}): Wish => ({
    path: join(directory, 'lock'),
    actor: `${supervisor}'s owner`,
    what: 'deploy production',
    since: '2026-11-22T10:00:00Z',
    supervisor,
    wait: 0,
    breakLock: false,
    ...more,
  });
  const silent = () => {};

  const locks: Lock[] = [];
  const take = async (...args: [Wish, Docker]): Promise<Lock> => {
    const lock = await takeLock(...args, silent);
    locks.push(lock);
    return lock;
  };
  afterEach(() => {
    for (const lock of locks.splice(0)) lock.release();
  });

  test('of many that want it at once, one gets it', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
    const tries = await Promise.allSettled(names.map((name) => take(wish(name), dockerWith())));
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    const refusal = tries.find((each) => each.status === 'rejected')!;
    assert.match((refusal.reason as Error).message, /has held the host since .*: try again later, give --wait/);
  });

  test('whoever waits gets it when it is free', async () => {
    const first = await take(wish('a'), dockerWith());
    setTimeout(() => locks.splice(0) && first.release(), 300);
    const second = await takeLock(wish('b', { wait: 5 }), dockerWith(), silent);
    assert.equal(second.left, undefined);
    assert.equal((await noted(join(directory, 'lock'), dockerWith('b')))!.supervisor, 'b');
    second.release();
    assert.equal(await noted(join(directory, 'lock'), dockerWith()), undefined);
  });

  test('one whose holder died is free, its note is stale, and of many one takes it over', async () => {
    // As a process of its own, which is killed.
    const program = `import { takeLock } from ${JSON.stringify(new URL('../src/lock.ts', import.meta.url).href)};
      await takeLock(JSON.parse(process.argv[1]), undefined, () => {});
      console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, [
      '--input-type=module-typescript',
      '-e',
      program,
      JSON.stringify(wish('gone')),
    ]);
    await new Promise((held) => child.stdout.once('data', held));
    assert.equal((await noted(join(directory, 'lock'), dockerWith('gone')))!.state, 'held');
    await assert.rejects(take(wish('a'), dockerWith('gone')), /gone's owner has held the host/);
    child.kill('SIGKILL');
    await new Promise((ended) => child.once('close', ended));
    assert.equal((await noted(join(directory, 'lock'), dockerWith()))!.state, 'stale');
    const tries = await Promise.allSettled(['a', 'b', 'c'].map((name) => take(wish(name, { wait: 0 }), dockerWith())));
    const taken = tries.filter((each) => each.status === 'fulfilled');
    assert.equal(taken.length, 1);
    assert.equal(taken[0]!.value.left!.supervisor, 'gone');
  });

  test('a note that cannot be read keeps nobody out', async () => {
    writeFileSync(join(directory, 'lock.json'), '{"actor":');
    assert.equal((await take(wish('a'), dockerWith())).left!.actor, 'somebody');
  });
});

describe('settings', () => {
  test('lines of NAME=VALUE, comments and empty lines', () => {
    assert.deepEqual(parseSettings('# a\n\nSLUICE_HTTP_LISTEN=0.0.0.0:80\nSLUICE_WITHOUT=\n', 's'), {
      SLUICE_HTTP_LISTEN: '0.0.0.0:80',
      SLUICE_WITHOUT: '',
    });
  });
  for (const [line, message] of [
    ['export A=b', /^s:1: expected NAME=VALUE/],
    ['A="b"', /^s:1: expected NAME=VALUE/],
    ['A=$(rm -rf /)', /^s:1: expected NAME=VALUE/],
    ['SLUICE_IMAGE=x', /^s:1: SLUICE_IMAGE is written by deploy/],
    ['COMPOSE_PROFILES=blue', /^s:1: COMPOSE_PROFILES is written by deploy/],
  ] as const) {
    test(`"${line}" is refused`, () => {
      assert.throws(() => parseSettings(line, 's'), { name: 'Mistake', message });
    });
  }
  test('overlays are files of compose/, nothing else', () => {
    assert.deepEqual(composeFiles({ COMPOSE_FILE: 'compose.yaml:compose.tls.yaml' }), [
      'compose.yaml',
      'compose.tls.yaml',
    ]);
    assert.throws(() => composeFiles({ COMPOSE_FILE: 'compose.yaml:../../etc/x' }), { name: 'Mistake' });
  });
  test('each colour keeps its own image and digest, whichever is active', () => {
    const release = (digit: string): Release => ({
      image: `r.example/a@sha256:${digit.repeat(64)}`,
      bundle: '',
      commit: '',
      verdict: '',
      policy: '',
    });
    const machine = { upstream: '/u', secrets: '/s', dockerGroup: 9 };
    const before = environment(
      {},
      machine,
      { release: release('1'), colour: 'blue' },
      { release: release('2'), colour: 'green' },
    );
    const after = environment(
      {},
      machine,
      { release: release('2'), colour: 'green' },
      { release: release('1'), colour: 'blue' },
    );
    for (const name of ['SLUICE_IMAGE_BLUE', 'SLUICE_DIGEST_BLUE', 'SLUICE_IMAGE_GREEN', 'SLUICE_DIGEST_GREEN']) {
      assert.ok(before[name]);
      assert.equal(before[name], after[name], name);
    }
    assert.equal(after['COMPOSE_PROFILES'], 'green');
    assert.equal(after['SLUICE_IMAGE'], release('2').image);
    assert.equal(after['SLUICE_DOCKER_GID'], '9');
  });
});

describe('trees of files', () => {
  const put = (path: string, text: string) => {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  };

  test('a mirrored directory stays the same inode, its files are new ones, and what is gone is gone', () => {
    put('new/nginx/a.conf', '2');
    put('new/nginx/same.conf', 's');
    put('live/nginx/a.conf', '1');
    put('live/nginx/same.conf', 's');
    put('live/nginx/old.conf', 'o');
    put('live/.env', 'mine');
    const inode = (path: string) => statSync(join(directory, path)).ino;
    const [nginx, a, same] = [inode('live/nginx'), inode('live/nginx/a.conf'), inode('live/nginx/same.conf')];
    const changed = mirror(join(directory, 'new'), join(directory, 'live'), (path) => path === '.env');
    assert.deepEqual(changed.sort(), ['nginx/a.conf', 'nginx/old.conf']);
    assert.equal(inode('live/nginx'), nginx);
    assert.notEqual(inode('live/nginx/a.conf'), a);
    assert.equal(inode('live/nginx/same.conf'), same);
    assert.deepEqual(filesBelow(join(directory, 'live')), ['.env', 'nginx/a.conf', 'nginx/same.conf']);
    assert.equal(readFileSync(join(directory, 'live/nginx/a.conf'), 'utf8'), '2');
  });

  test('the hash of a tree changes with a byte, and with a name', () => {
    put('a/x', '1');
    const hash = () => treeHash(join(directory, 'a'));
    const first = hash();
    put('a/x', '2');
    const second = hash();
    put('a/x', '1');
    put('a/y', '');
    assert.equal(new Set([first, second, hash()]).size, 3);
    rmSync(join(directory, 'a/y'));
    assert.equal(hash(), first);
  });

  test('a link is no part of a release', () => {
    put('a/x', '1');
    symlinkSync('/etc/passwd', join(directory, 'a/link'));
    assert.throws(() => treeHash(join(directory, 'a')), /link is neither a file nor a directory/);
  });

  test('a secret is missing, or open to others, or well', () => {
    put('secret', 's');
    chmodSync(join(directory, 'secret'), 0o644);
    assert.match(secretProblem(join(directory, 'secret'))[0]!, /open to others/);
    chmodSync(join(directory, 'secret'), 0o400);
    assert.deepEqual(secretProblem(join(directory, 'secret')), []);
    assert.match(secretProblem(join(directory, 'none'))[0]!, /is missing/);
  });
});
