/** The dispatcher: finds the command, answers `--help`, and turns every kind of ending into an exit code. */
import { readFileSync } from 'node:fs';
import { commands } from './commands/index.ts';
import { PolicyError, UsageError } from './model.ts';

/** Usage and policy errors. */
const usageExit = 2;
/** A bug of ours leaves no trustworthy verdict, so it ends like a broken stage: neither green nor "something was found". */
const bugExit = 3;

/** Runs one command line (without `node` and the script) and gives its exit code. Never throws. */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return usageMistake('no command given', await overview());
  if (name === '--help' || name === '-h' || name === 'help') return help(rest[0]);
  if (name === '--version') return print(version());
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) return usageMistake(`unknown ${name.startsWith('-') ? 'flag' : 'command'}: ${name}`, await overview());

  const command = await load();
  if (asksForHelp(rest)) return print(command.usage);
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof PolicyError) return complain(error.message);
    if (error instanceof UsageError) return complain(`sluice: ${error.message}`);
    if (isParseArgsError(error)) return usageMistake(firstSentence(error.message), command.usage);
    process.stderr.write(
      `sluice: internal error in "${name}"\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return bugExit;
  }
}

async function help(name: string | undefined): Promise<number> {
  if (name === undefined) return print(await overview());
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return load ? print((await load()).usage) : usageMistake(`unknown command: ${name}`, await overview());
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const width = Math.max(0, ...all.map((command) => command.name.length));
  return [
    'Usage: sluice COMMAND [FLAGS]',
    '',
    ...all.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    '`sluice COMMAND --help` explains one. Exit codes: 0 passed, 1 failed, 2 usage or policy error, 3 broken.',
  ].join('\n');
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What stands behind `--` belongs to another program. */
function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

/** Node explains at length how to pass an argument that starts with a dash; the usage text below says enough. */
function firstSentence(message: string): string {
  return message.split(/\.\s/)[0]!.replace(/\.$/, '').replaceAll('\n', ' ');
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return usageExit;
}

function usageMistake(problem: string, usage: string): number {
  return complain(`sluice: ${problem}\n\n${usage}`);
}
