/** `sluice postgres`: a PostgreSQL for as long as a command runs. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { startPostgres } from '../host/postgres.ts';
import { UsageError } from '../model.ts';
import type { Command } from './command.ts';

export default {
  name: 'postgres',
  summary: 'run a command with DATABASE_URL leading to a PostgreSQL of its own',
  usage: `Usage: sluice postgres [--data DIR] [--port N] -- COMMAND [ARG …]

Starts the PostgreSQL 15 that npm brought, runs COMMAND with DATABASE_URL in its environment, and stops
the server when COMMAND ends, whose exit code it keeps. Where DATABASE_URL is set already, it only runs COMMAND.

  --data DIR   keep the data in DIR from one start to the next   (default: a temporary folder, removed at the end)
  --port N     TCP port on 127.0.0.1                             (default: a free one)`,

  async run(args) {
    const end = args.indexOf('--');
    const command = end === -1 ? [] : args.slice(end + 1);
    const { values } = parseArgs({
      args: end === -1 ? args : args.slice(0, end),
      options: { data: { type: 'string' }, port: { type: 'string' } },
    });
    if (command.length === 0) throw new UsageError('no command given: sluice postgres -- COMMAND');
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
      throw new UsageError(`--port takes a number from 1 to 65535, not ${values.port}`);
    }
    if (process.env['DATABASE_URL']) return runCommand(command, {});

    let postgres;
    try {
      postgres = await startPostgres({ ...(values.data && { data: values.data }), ...(port && { port }) });
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    try {
      return await runCommand(command, { DATABASE_URL: postgres.url });
    } finally {
      await postgres.stop();
    }
  },
} satisfies Command;

/** Runs the command on our terminal. Ctrl-C reaches it by itself; we only wait for its end, so that the server outlives it. */
async function runCommand(command: string[], environment: Record<string, string>): Promise<number> {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  const wait = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', pass).on('SIGHUP', pass);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new UsageError(`command not found: ${program}`) : error),
      );
      child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
    });
  } finally {
    process.off('SIGINT', wait).off('SIGTERM', pass).off('SIGHUP', pass);
  }
}
