/** A tool's end is told apart, and nothing that it started outlives it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runTool } from './tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tool-'));
const options = { directory: folder, outputFile: join(folder, 'output.txt'), timeoutSeconds: 20 };
after(() => rmSync(folder, { recursive: true, force: true }));

/** A zombie has ended; only its parent has not looked yet. */
const alive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('runTool', () => {
  it('keeps the exit code and all output', async () => {
    const run = await runTool(['sh', '-c', 'echo out; echo err >&2; exit 3'], options);
    assert.equal(run.exitCode, 3);
    assert.deepEqual(readFileSync(options.outputFile, 'utf8').split('\n').sort(), ['', 'err', 'out']);
  });

  it('names a program that is not there', async () => {
    const run = await runTool(['no-such-tool'], options);
    assert.equal(run.exitCode, null);
    assert.equal(run.notStarted, 'no-such-tool is not installed');
  });

  it('tells a signal from an exit code', async () => {
    const run = await runTool(['sh', '-c', 'kill -KILL $$'], options);
    assert.equal(run.exitCode, null);
    assert.equal(run.signal, 'SIGKILL');
  });

  it('ends the whole family at the time-out', async () => {
    const pids = join(folder, 'pids');
    const run = await runTool(['sh', '-c', `sleep 60 & echo $! > ${pids}; wait`], { ...options, timeoutSeconds: 0.3 });
    assert.equal(run.timedOut, true);
    await sleep(50);
    assert.equal(alive(Number(readFileSync(pids, 'utf8'))), false);
  });

  it('does not wait for what a tool left in the background', async () => {
    const run = await runTool(['sh', '-c', 'sleep 60 & exit 0'], options);
    assert.equal(run.exitCode, 0);
    assert.ok(run.durationMs < 5000, `took ${run.durationMs} ms`);
  });

  it('ends the tool when the user does', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const run = await runTool(['sleep', '60'], { ...options, signal: controller.signal });
    assert.equal(run.signal, 'SIGTERM');
    assert.equal(run.timedOut, false);
  });

  it('lets the stage add to the environment', async () => {
    await runTool(['sh', '-c', 'test "$GIVEN" = yes && touch given'], { ...options, environment: { GIVEN: 'yes' } });
    assert.ok(existsSync(join(folder, 'given')));
  });
});
