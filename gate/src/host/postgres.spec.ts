/** The PostgreSQL that npm brings: it serves, and leaves no process and no folder, however we end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoPostgresBinary, startPostgres } from './postgres.ts';

const main = join(import.meta.dirname, '../main.ts');
let temporary: string;
let before: string | undefined;

// A temporary folder of its own shows what is left behind; others can pass through it, as through /tmp.
beforeEach(() => {
  before = process.env['TMPDIR'];
  temporary = mkdtempSync(join(tmpdir(), 'sluice-spec-'));
  chmodSync(temporary, 0o755);
  process.env['TMPDIR'] = temporary;
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(temporary, { recursive: true, force: true });
});

describe('startPostgres', () => {
  it('accepts connections, and is gone after stop()', async () => {
    const postgres = await startPostgres();
    const port = Number(new URL(postgres.url).port);
    assert.equal(await accepts(port), true);
    await postgres.stop();
    await postgres.stop();
    assert.equal(await accepts(port), false);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('keeps data and password from one start to the next where a folder is named', async () => {
    const data = join(temporary, 'below/kept');
    const first = await startPostgres({ data });
    await first.stop();
    const second = await startPostgres({ data });
    await second.stop();
    assert.equal(new URL(second.url).password, new URL(first.url).password);
    assert.deepEqual(readdirSync(temporary), ['below']);
    assert.deepEqual(readdirSync(join(temporary, 'below')).sort(), ['kept', 'kept.password']);
  });

  it('names a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => taken.once('listening', done));
    const { port } = taken.address() as { port: number };
    await assert.rejects(startPostgres({ port }), {
      message: `port ${port} on 127.0.0.1 is taken: name another with --port`,
    });
    taken.close();
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('says so where npm brings none for the platform', async (test) => {
    replace(test, process, 'arch', 'riscv64');
    await assert.rejects(startPostgres(), (error: Error) => {
      assert.ok(error instanceof NoPostgresBinary);
      assert.match(error.message, /^npm brings no PostgreSQL for \w+-riscv64: set DATABASE_URL/);
      return true;
    });
    assert.deepEqual(readdirSync(temporary), []);
  });
});

describe('sluice postgres', () => {
  it('leaves nothing behind when it is killed', async () => {
    const child = spawn(
      process.execPath,
      [main, 'postgres', '--', 'sh', '-c', 'echo $DATABASE_URL; exec sleep 60 >/dev/null 2>&1'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, DATABASE_URL: '' },
      },
    );
    const url = await new Promise<string>((done) =>
      child.stdout.once('data', (chunk: Buffer) => done(chunk.toString().trim())),
    );
    child.kill('SIGKILL');
    child.stdout.destroy();
    const port = Number(new URL(url).port);
    for (let waited = 0; waited < 10_000 && (readdirSync(temporary).length > 0 || (await accepts(port))); waited += 100)
      await sleep(100);
    assert.equal(await accepts(port), false);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('only runs the command where DATABASE_URL leads somewhere already', async () => {
    const child = spawn(
      process.execPath,
      [main, 'postgres', '--', 'sh', '-c', 'test "$DATABASE_URL" = postgres://elsewhere && exit 7'],
      {
        env: { ...process.env, DATABASE_URL: 'postgres://elsewhere' },
      },
    );
    assert.equal(await new Promise((done) => child.on('close', done)), 7);
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => done(false));
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
  });
}

function replace<T extends object, K extends keyof T>(test: TestContext, object: T, key: K, value: T[K]): void {
  const original = Object.getOwnPropertyDescriptor(object, key)!;
  Object.defineProperty(object, key, { ...original, value });
  test.after(() => Object.defineProperty(object, key, original));
}
