/** Runs one tool as a child that can't outlive us: its output kept, its end told apart (by itself, by a signal, by our time-out). */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export interface ToolOptions {
  directory: string;
  environment?: Record<string, string>;
  /** The file that keeps standard output and standard error as they came. */
  outputFile: string;
  /** Keeps standard output apart. Default: `outputFile` keeps both. */
  stdoutFile?: string;
  timeoutSeconds: number;
  /** Ends the tool when the user does. */
  signal?: AbortSignal;
}

export interface ToolRun {
  startedAt: Date;
  durationMs: number;
  /** Null when it never started or a signal ended it. */
  exitCode: number | null;
  signal?: string;
  timedOut: boolean;
  /** Why it could not be started. */
  notStarted?: string;
}

/** How long a tool may tidy up after SIGTERM, in milliseconds. */
const grace = 5_000;

/** Runs a command to its end. Never throws: what went wrong is in the result. */
export async function runTool(command: string[], options: ToolOptions): Promise<ToolRun> {
  const [program, ...args] = command as [string, ...string[]];
  const startedAt = new Date();
  const output = createWriteStream(options.outputFile);
  const stdout = options.stdoutFile === undefined ? output : createWriteStream(options.stdoutFile);
  // A process group of its own, so that the whole family (npm, its shell, the tool) can be ended together.
  const child = spawn(program, args, {
    cwd: options.directory,
    env: { ...ownEnvironment(), NO_COLOR: '1', FORCE_COLOR: '0', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.pipe(stdout, { end: false });
  child.stderr.pipe(output, { end: false });

  let timedOut = false;
  let killTimer: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup(child.pid, 'SIGTERM');
    killTimer ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), grace);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutSeconds * 1000);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted) end();

  const ending = await new Promise<Pick<ToolRun, 'exitCode' | 'signal' | 'notStarted'>>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ exitCode: null, notStarted: error.code === 'ENOENT' ? `${program} is not installed` : error.message });
    });
    // A tool that ended may have left helpers behind, which would hold its output open for ever.
    child.on('exit', () => {
      killGroup(child.pid, 'SIGKILL');
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, grace).unref();
    });
    child.on('close', (exitCode, signal) => resolve({ exitCode, ...(signal && { signal }) }));
  });
  clearTimeout(timer);
  clearTimeout(killTimer);
  options.signal?.removeEventListener('abort', end);
  for (const stream of new Set([output, stdout])) {
    stream.end();
    await finished(stream);
  }
  return { startedAt, durationMs: Date.now() - startedAt.getTime(), timedOut, ...ending };
}

/** Ours, without the variables by which Trivy takes flags: what it looks at is the stage's to say. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRIVY_')));
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}
