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

const ROUNDS = 5;
const SECONDS = 2;
const WARM_UP = 4;

const [wanted, ...programs] = process.argv.slice(2);
const operation = OPERATIONS.find((name) => name === wanted);
if (!operation || programs.length === 0) {
  console.error(`compare: name one of ${OPERATIONS.join(', ')}, then programs with Node's flags before them`);
  process.exit(2);
}

const bundle = mkdtempSync(join(tmpdir(), 'release-ledger-'));
const servers = new Map<string, { server: Server; windows: Window[] }>();
try {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bundle.js'), bundle], { stdio: 'inherit' });
  const databases = new Databases(process.env['DATABASE_URL'] ?? '');
  await databases.makeTemplate(bundle);
  for (const [index, text] of programs.entries()) {
    const port = await freePort();
    const settings = ledger(bundle, await databases.clone(`compare_${index}`), port);
    const program = {
      command: process.execPath,
      args: text.replaceAll('BUNDLE', bundle).split(' '),
      env: { ...settings.env, TOKEN_SHA256: SECRET_SHA256 },
    };
    const [server] = await Server.start(text, program, port, operation === 'live' ? LIVE_PATH : LIST_PATH);
    servers.set(text, { server, windows: [] });
  }
  for (const { server } of servers.values()) await load(server, operation, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { server, windows } of servers.values()) windows.push(await load(server, operation, SECONDS));
  }
  const cpu = ({ windows }: { windows: Window[] }) => median(windows.map((window) => window.cpuMicroseconds));
  const perSecond = ({ windows }: { windows: Window[] }) => median(windows.map((window) => window.perSecond));
  const [first] = servers.values();
  for (const [name, measured] of servers) {
    const ratios = first ? [cpu(first) / cpu(measured), perSecond(measured) / perSecond(first)] : [];
    const [ofTime, ofThroughput] = ratios.map((ratio) => ratio.toFixed(2));
    console.log(
      `${cpu(measured).toFixed(1)} µs of processor time (${ofTime}), ${perSecond(measured).toFixed(0)}/s (${ofThroughput}), peak ${measured.server.peakMegabytes().toFixed(0)} MB: ${name}`,
    );
  }
} finally {
  await Promise.all([...servers.values()].map(({ server }) => server.stop()));
  rmSync(bundle, { recursive: true, force: true });
}
