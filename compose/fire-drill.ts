/**
 * `npm run fire-drill`: starts a stack of its own with short periods and proves that alerts arrive, and only then:
 * nothing while healthy; ServiceDown when the API is killed; HighErrorRate when its database is stopped, so that it answers 503; each pending, firing,
 * received by a webhook, and resolved after healing. Prints the timeline; exit code 1 if anything of it did not happen.
 *
 * `--healthy SECONDS` (default 300) is how long nothing may fire. Grafana's half is left out by `--without-grafana`, or where Grafana's
 * image cannot be had; the last line says so then.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EphemeralStack, whyNot } from './ephemeral.ts';

const { values: options } = parseArgs({
  options: { healthy: { type: 'string', default: '300' }, 'without-grafana': { type: 'boolean', default: false } },
});
/** Why Grafana's half is not run; undefined if it is. */
const withoutGrafana = options['without-grafana'] ? 'by --without-grafana' : whyNot(['grafana']);
const withGrafana = withoutGrafana === undefined;
const listeners = withGrafana ? ['prometheus', 'grafana'] : ['prometheus'];
const services = ['nginx', 'api-blue', 'prometheus', 'sink', ...(withGrafana ? ['grafana'] : [])];

/** What drills shorten. Everything else is the committed file. */
const shorter: readonly (readonly [RegExp, string])[] = [
  [/\[10m\]/g, '[1m]'],
  [/for: 5m/g, 'for: 10s'],
  [/for: 2m/g, 'for: 10s'],
  // Not shorter: while the database hangs, the service's metrics take as long as its time-outs, some six seconds.
  [/scrape_interval: 15s/g, 'scrape_interval: 8s'],
  [/scrape_timeout: 10s/g, 'scrape_timeout: 8s'],
  [/evaluation_interval: 15s/g, 'evaluation_interval: 2s'],
  // Grafana's scheduler ticks every 10 s.
  [/interval: 30s/g, 'interval: 10s'],
  [/group_wait: 30s/g, 'group_wait: 1s'],
  [/group_interval: 5m/g, 'group_interval: 5s'],
];

const stack = new EphemeralStack({
  name: 'sluice-fire-drill',
  overlays: ['compose.drill.yaml'],
  offset: 1,
  services,
});

interface Notification {
  at: string;
  from: string;
  alert: string;
  status: string;
}

const began = Date.now();
let failed = false;
let answered: Record<string, number> = {};
let stopTraffic = false;

const reason = whyNot(services, ['compose.drill.yaml']);
if (reason) {
  console.error(`fire-drill: ${reason}`);
  process.exit(2);
}
if (!withGrafana) console.log(`Grafana's half is not run: ${withoutGrafana}`);

shortenPeriods();
try {
  stack.up();
  say('everything is up');
  const traffic = keepAsking();
  // Prometheus was there before the API, and with short periods that is an outage already.
  await until('Prometheus sees the API', 120, async () => (await stateOf('ServiceDown')) === undefined);
  await nothingFires(Number(options.healthy));
  await drill('ServiceDown', 'the API is killed', ['kill', 'api-blue'], ['start', 'api-blue']);
  await drill('HighErrorRate', 'PostgreSQL is stopped', ['stop', 'postgres'], ['start', 'postgres']);
  stopTraffic = true;
  await traffic;
} catch (error) {
  say(`broken off: ${(error as Error).message}`);
  failed = true;
} finally {
  stopTraffic = true;
  say(`answers in all: ${JSON.stringify(answered)}`);
  stack.down();
  rmSync(join(stack.home), { recursive: true, force: true });
}
const halves = withGrafana ? 'in Prometheus and in Grafana' : "in Prometheus; Grafana's half was not run";
console.log(`fire drill: ${failed ? 'failed' : 'passed'} (${halves})`);
process.exitCode = failed ? 1 : 0;

/** Hurts the stack, waits until the alert has gone the whole way, heals, waits until it is over. */
async function drill(alert: string, what: string, hurt: string[], heal: string[]): Promise<void> {
  stack.compose(...hurt);
  say(`${what} (docker compose ${hurt.join(' ')})`);
  await until(`${alert} is pending`, 120, async () => (await stateOf(alert)) !== undefined);
  await until(`${alert} is firing`, 120, async () => (await stateOf(alert)) === 'firing');
  for (const from of listeners) {
    await until(`the webhook has it from ${from}`, 120, () => heard(from, alert, 'firing'));
  }
  stack.compose(...heal);
  say(`healed (docker compose ${heal.join(' ')})`);
  await until(`${alert} is over`, 180, async () => (await stateOf(alert)) === undefined);
  for (const from of listeners) {
    await until(`the webhook hears from ${from} that it is resolved`, 180, () => heard(from, alert, 'resolved'));
  }
}

async function nothingFires(seconds: number): Promise<void> {
  // BackupStale is pending meanwhile: a drill has no backup, and the fifteen minutes of that alert are not shortened.
  const start = new Date().toISOString();
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    await sleep(2_000);
    const firing = (await notifications()).filter(({ at, status }) => at > start && status === 'firing');
    if (firing.length > 0) throw new Error(`${firing[0]!.alert} fired while everything was well`);
  }
  say(`nothing fired in ${seconds} s of healthy traffic`);
}

/** Ten requests a second through the front door, counted by their status. */
async function keepAsking(): Promise<void> {
  while (!stopTraffic) {
    void fetch(`${stack.api}/v1/services/checkout/releases`, { signal: AbortSignal.timeout(25_000) })
      .then(async (answer) => {
        await answer.arrayBuffer();
        return String(answer.status);
      })
      .catch((error: Error) => error.name)
      .then((status) => (answered = { ...answered, [status]: (answered[status] ?? 0) + 1 }));
    await sleep(100);
  }
}

async function stateOf(alert: string): Promise<string | undefined> {
  const answer = await fetch(`${stack.prometheus}/api/v1/alerts`);
  const { data } = (await answer.json()) as { data: { alerts: { labels: { alertname: string }; state: string }[] } };
  return data.alerts.find(({ labels }) => labels.alertname === alert)?.state;
}

async function heard(from: string, alert: string, status: string): Promise<boolean> {
  const last = (await notifications()).findLast((n) => n.from === from && n.alert === alert);
  return last?.status === status;
}

/** What the sink was sent. It has no port of its own, so it is asked where it is. */
async function notifications(): Promise<Notification[]> {
  const text = stack.compose(
    'exec',
    '--no-TTY',
    'sink',
    'node',
    '-e',
    "fetch('http://127.0.0.1:9093/received').then((answer) => answer.text()).then(console.log)",
  );
  return Promise.resolve(JSON.parse(text) as Notification[]);
}

async function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(500);
  }
  say(what);
}

function say(what: string): void {
  const seconds = ((Date.now() - began) / 1000).toFixed(1).padStart(7);
  console.log(`${seconds} s  ${what}`);
}

/** Copies the configuration with short periods, and puts the sink where Alertmanager would be. */
function shortenPeriods(): void {
  const source = join(import.meta.dirname, '../observability');
  rmSync(stack.home, { recursive: true, force: true });
  mkdirSync(stack.home, { recursive: true });
  cpSync(join(source, 'prometheus'), join(stack.home, 'prometheus'), { recursive: true });
  cpSync(join(source, 'grafana/provisioning'), join(stack.home, 'grafana'), { recursive: true });
  for (const file of readdirSync(stack.home, { recursive: true, encoding: 'utf8' })) {
    if (!/\.ya?ml$/.test(file)) continue;
    const path = join(stack.home, file);
    const text = shorter.reduce((words, [from, to]) => words.replace(from, to), readFileSync(path, 'utf8'));
    writeFileSync(path, text);
  }
  const configuration = join(stack.home, 'prometheus/prometheus.yml');
  const sink = "alerting: { alertmanagers: [{ static_configs: [{ targets: ['sink:9093'] }] }] }\n";
  writeFileSync(configuration, readFileSync(configuration, 'utf8') + sink);
}
