/** Runs one program with a list of arguments, never through a shell, and ends it when its time is over. */
import { spawn } from 'node:child_process';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  signal?: AbortSignal | undefined;
  input?: string;
  environment?: NodeJS.ProcessEnv;
}

/** How programs are run; tests put their own in its place for faults that a real program cannot be made to show. */
export type Execute = (command: readonly string[], options?: CommandOptions) => Promise<Outcome>;

/** A program that ended with something else than 0. */
export class CommandFailed extends Error {
  override name = 'CommandFailed';
  readonly outcome: Outcome;

  constructor(command: readonly string[], outcome: Outcome) {
    super(`${command.slice(0, 4).join(' ')}: ${lastWords(outcome)}`);
    this.outcome = outcome;
  }
}

/** The last line that says something, which is where most programs put their reason; tar only refers to it there. */
export function lastWords({ code, stdout, stderr }: Outcome): string {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !/due to previous errors$/.test(line));
  return lines.at(-1)?.trim().slice(0, 500) ?? `exit code ${code}`;
}

/** Runs a program to its end. Rejects only where it could not be started or its time was over. */
export const execute: Execute = (command, options = {}) =>
  new Promise((done, fail) => {
    const [program, ...args] = command;
    const child = spawn(program!, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      ...(options.signal ? { signal: options.signal, killSignal: 'SIGKILL' as const } : {}),
    });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
    child.on('error', fail);
    child.on('close', (code) =>
      done({
        code: code ?? 137,
        stdout: Buffer.concat(chunks.stdout).toString(),
        stderr: Buffer.concat(chunks.stderr).toString(),
      }),
    );
    // A program that never reads its input must not end this one.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });

/** The same, but anything else than 0 is an error that carries the program's last words. */
export async function must(run: Execute, command: readonly string[], options?: CommandOptions): Promise<string> {
  const outcome = await run(command, options);
  if (outcome.code !== 0) throw new CommandFailed(command, outcome);
  return outcome.stdout;
}
