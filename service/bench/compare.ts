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
import type { Contender } from './contenders.ts';
import { ledger } from './contenders.ts';
import { Databases } from './databases.ts';
import { OPERATIONS } from './load.ts';
import { SECRET_SHA256 } from './requests.ts';
import { measureThroughput } from './throughput.ts';

const [wanted, ...programs] = process.argv.slice(2);
const operation = OPERATIONS.find((name) => name === wanted);
if (!operation || programs.length === 0) {
  console.error(`compare: name one of ${OPERATIONS.join(', ')}, then programs with Node's flags before them`);
  process.exit(2);
}

const bundle = mkdtempSync(join(tmpdir(), 'release-ledger-'));
try {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bundle.js'), bundle], { stdio: 'inherit' });
  const databases = new Databases(process.env['DATABASE_URL'] ?? '');
  await databases.makeTemplate(bundle);
  const contenders = programs.map(
    (text): Contender => ({
      name: text,
      start: (databaseUrl, port) => ({
        command: process.execPath,
        args: text.replaceAll('BUNDLE', bundle).split(' '),
        env: { ...ledger(bundle, databaseUrl, port).env, TOKEN_SHA256: SECRET_SHA256 },
      }),
    }),
  );
  const scale = { operations: [operation], lives: 3, rounds: 9, seconds: 1, warmUp: 6 };
  const { windows, memory } = await measureThroughput(contenders, databases, scale, () => undefined);
  const figures = [...windows].map(([name, of]) => ({ name, ...of[operation] }));
  const [first] = figures;
  for (const { name, cpuMicroseconds, perSecond } of figures) {
    const ratios = first ? [first.cpuMicroseconds / cpuMicroseconds, perSecond / first.perSecond] : [];
    const [ofTime, ofThroughput] = ratios.map((ratio) => ratio.toFixed(2));
    console.log(
      `${cpuMicroseconds.toFixed(1)} µs of processor time (${ofTime}), ${perSecond.toFixed(0)}/s (${ofThroughput}), peak ${memory.get(name)?.toFixed(0)} MB: ${name}`,
    );
  }
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
