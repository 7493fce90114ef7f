/** A small project to run stages on: a copy of fixtures/sample in a temporary folder, with the faults that a test plants. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'gate/src/main.ts');

/** Copies the sample and lays the given files over it; null removes one. The copy is gone after the test. */
export function sample(test: TestContext, changes: Record<string, string | null> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sample-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(import.meta.dirname, 'fixtures/sample'), folder, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(changes)) {
    const file = join(folder, path);
    if (text === null) {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `sluice` as a user would, in a folder. `during` may act on the running process. */
export function sluice(
  folder: string,
  args: string[],
  options: { environment?: NodeJS.ProcessEnv; during?: (pid: number, stderr: () => string) => Promise<void> } = {},
): Promise<Ending> {
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    // Tests ask no registry: what it knows of today would decide how they end.
    env: { ...environment, npm_config_registry: 'http://127.0.0.1:9', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done, fail) => {
    options.during?.(child.pid!, () => stderr).catch(fail);
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}
