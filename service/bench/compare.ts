/**
 * Compares programs on one kind of request, in windows that take turns: for questions that the whole benchmark is too slow for.
 * Usage: npm run bench:compare --workspace service -- live 'bench/floor/fastify.mjs' 'bench/floor/nest.mjs'
 *        npm run bench:compare --workspace service -- list bench/peers/fastify-pg.ts '--max-semi-space-size=16 BUNDLE/main.cjs'
 *
 * The first is what the others are compared with. `BUNDLE` stands for a fresh bundle of the ledger.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledger } from './contenders.ts';
import { Databases } from './databases.ts';
import { OPERATIONS, load } from './load.ts';
import type { Window } from './load.ts';
import { freePort } from './port.ts';
import { LIST_PATH, LIVE_PATH, SECRET_SHA256 } from './requests.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

/** How often each program is started: what V8 makes of a program differs from one process to the next by more than most questions are about. */
const LIVES = 3;
const ROUNDS = 5;
const SECONDS = 1;
const WARM_UP = 6;

const [wanted, ...programs] = process.argv.slice(2);
const operation = OPERATIONS.find((name) => name === wanted);
if (!operation || programs.length === 0) {
  console.error(`compare: name one of ${OPERATIONS.join(', ')}, then programs with Node's flags before them`);
  process.exit(2);
}

const bundle = mkdtempSync(join(tmpdir(), 'release-ledger-'));
const measured = new Map<string, { windows: Window[]; peaks: number[] }>();
const running = new Map<string, Server>();
try {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bundle.js'), bundle], { stdio: 'inherit' });
  const databases = new Databases(process.env['DATABASE_URL'] ?? '');
  await databases.makeTemplate(bundle);
  for (let life = 0; life < LIVES; life += 1) {
    for (const [index, text] of programs.entries()) {
      const port = await freePort();
      const settings = ledger(bundle, await databases.clone(`compare_${index}`), port);
      const program = {
        command: process.execPath,
        args: text.replaceAll('BUNDLE', bundle).split(' '),
        env: { ...settings.env, TOKEN_SHA256: SECRET_SHA256 },
      };
      const [server] = await Server.start(text, program, port, operation === 'live' ? LIVE_PATH : LIST_PATH);
      running.set(text, server);
    }
    for (const server of running.values()) await load(server, operation, WARM_UP);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [text, server] of running) of(text).windows.push(await load(server, operation, SECONDS));
    }
    for (const [text, server] of running) of(text).peaks.push(server.peakMegabytes());
    await stop();
  }
  const cpu = ({ windows }: { windows: Window[] }) => median(windows.map((window) => window.cpuMicroseconds));
  const perSecond = ({ windows }: { windows: Window[] }) => median(windows.map((window) => window.perSecond));
  const [first] = measured.values();
  for (const [name, figures] of measured) {
    const ratios = first ? [cpu(first) / cpu(figures), perSecond(figures) / perSecond(first)] : [];
    const [ofTime, ofThroughput] = ratios.map((ratio) => ratio.toFixed(2));
    console.log(
      `${cpu(figures).toFixed(1)} µs of processor time (${ofTime}), ${perSecond(figures).toFixed(0)}/s (${ofThroughput}), peak ${Math.max(...figures.peaks).toFixed(0)} MB: ${name}`,
    );
  }
} finally {
  await stop();
  rmSync(bundle, { recursive: true, force: true });
}

function of(name: string): { windows: Window[]; peaks: number[] } {
  const figures = measured.get(name) ?? { windows: [], peaks: [] };
  measured.set(name, figures);
  return figures;
}

async function stop(): Promise<void> {
  await Promise.all([...running.values()].map((server) => server.stop()));
  running.clear();
}
