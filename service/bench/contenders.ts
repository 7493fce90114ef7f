/** The ledger and its peers: how each is made ready and started. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './install.ts';
import { SECRET_SHA256 } from './requests.ts';
import type { Program } from './server.ts';

export interface Contender {
  readonly name: string;
  start(databaseUrl: string, port: number): Program;
}

export const LEDGER = 'the ledger';
export const YARDSTICK = 'bare fastify + pg';

const here = import.meta.dirname;
const peers = join(here, 'peers');
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');

/** Those that can run here; for the others `skip` is told why not. */
export async function contenders(bundle: string, skip: (name: string, reason: string) => void): Promise<Contender[]> {
  const found: Contender[] = [
    { name: LEDGER, start: (databaseUrl, port) => ledger(bundle, databaseUrl, port) },
    node(YARDSTICK, fileURLToPath(new URL('peers/fastify-pg.ts', import.meta.url))),
  ];
  const optional: [string, () => Promise<Contender[]>][] = [
    ['Nest as usually written', nestAsUsual],
    ['FastAPI and Flask', python],
  ];
  for (const [name, prepare] of optional) {
    try {
      found.push(...(await prepare()));
    } catch (error) {
      skip(name, error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
    }
  }
  return found;
}

/** What the image sets to keep the process small: NODE_OPTIONS, V8's flags before the program, and the C library's. */
const dockerfile = readFileSync(join(here, '..', 'Dockerfile'), 'utf8');
const [, options = ''] = /NODE_OPTIONS="([^"]*)"/.exec(dockerfile) ?? [];
const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
const memory = {
  flags: [...options.split(' '), ...(JSON.parse(entrypoint) as string[]).filter((word) => word.startsWith('--'))],
  malloc: Object.fromEntries(
    [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name = '', value = '']) => [name, value]),
  ),
};

/** The ledger as its image runs it, with everything on that is on in production. */
export function ledger(bundle: string, databaseUrl: string, port: number): Program {
  return {
    command: process.execPath,
    args: [...memory.flags, join(bundle, 'main.cjs')],
    env: {
      ...memory.malloc,
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      METRICS_PORT: '0',
      WRITES_PER_MINUTE: '10000000',
      DRAIN_MS: '0',
      TOKENS: JSON.stringify([{ name: 'bench', sha256: SECRET_SHA256, scopes: ['releases:write'] }]),
    },
  };
}

function node(name: string, file: string): Contender {
  return {
    name,
    start: (databaseUrl, port) => ({ command: process.execPath, args: [file], env: settings(databaseUrl, port) }),
  };
}

async function nestAsUsual(): Promise<Contender[]> {
  const folder = await installOnce('nest-usual', join(peers, 'nest-usual'), (target) => {
    const quiet = { cwd: target, stdio: 'pipe' } as const;
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], quiet);
    execFileSync(process.execPath, [tsc, '--project', '.'], quiet);
  });
  return [node('Nest as usually written', join(folder, 'dist', 'main.js'))];
}

async function python(): Promise<Contender[]> {
  const folder = await installOnce('python', join(peers, 'python'), (target) => {
    execFileSync('python3', ['-m', 'venv', 'venv'], { cwd: target, stdio: 'pipe' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', 'requirements.txt'];
    execFileSync(join(target, 'venv', 'bin', 'python'), pip, { cwd: target, stdio: 'pipe' });
  });
  const command = join(folder, 'venv', 'bin', 'python');
  const start =
    (args: (port: string) => string[]): Contender['start'] =>
    (databaseUrl, port) => ({ command, args: args(String(port)), env: settings(databaseUrl, port), cwd: folder });
  return [
    {
      name: 'FastAPI + asyncpg (uvicorn)',
      start: start((port) => ['-m', 'uvicorn', 'fastapi_app:app', '--port', port, '--no-access-log']),
    },
    {
      name: 'Flask + gunicorn',
      // Two processes of threads: the best of what was tried on one core.
      start: start((port) => [
        ...['-m', 'gunicorn', 'flask_app:app', '--bind', `127.0.0.1:${port}`],
        ...['--worker-class', 'gthread', '--workers', '2', '--threads', '16'],
      ]),
    },
  ];
}

/** What every peer reads. */
function settings(databaseUrl: string, port: number): Record<string, string> {
  return { DATABASE_URL: databaseUrl, PORT: String(port), TOKEN_SHA256: SECRET_SHA256 };
}
