/** Tells the release ledger how deployments ended. It may be down, or be what is being mended: so its messages queue on the host. */
import { readdirSync, existsSync, renameSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, removeDurably, writeDurably } from './durable.ts';
import { colourDoor } from './front-door.ts';
import type { Host } from './host.ts';

export interface Report {
  /** Names the attempt; the ledger knows a repeated one by it. */
  key: string;
  service: string;
  environment: string;
  digest: string;
  actor: string;
  kind: 'deploy' | 'rollback';
  outcome: 'succeeded' | 'failed' | 'rolled_back';
  reason?: string;
}

/** Puts a report into the queue. Never throws: the deployment is over, whatever the disk says. */
export function queue(host: Host, report: Report): void {
  try {
    writeDurably(join(host.paths.outbox, `${Date.now()}-${report.key}.json`), JSON.stringify(report));
  } catch (error) {
    host.say(`the ledger will not hear of this: ${(error as Error).message}`);
  }
}

/** Sends what is queued, oldest first, within a few seconds; what the ledger cannot take now stays. Never throws. */
export async function flush(host: Host, seconds = 4): Promise<string | undefined> {
  if (!existsSync(host.paths.outbox)) return undefined;
  const token = host.token();
  const names = readdirSync(host.paths.outbox)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (names.length === 0) return undefined;
  const deadline = AbortSignal.timeout(seconds * 1_000);
  let sent = 0;
  try {
    for (const name of names) {
      const path = join(host.paths.outbox, name);
      const refusal = await send(host, token ?? '', JSON.parse(readIfThere(path)!) as Report, deadline);
      if (refusal === undefined) removeDurably(path);
      else {
        const refused = join(host.paths.outbox, 'refused');
        mkdirSync(refused, { recursive: true });
        renameSync(path, join(refused, name));
        host.say(`the ledger refuses ${name}: ${refusal}`);
      }
      sent += 1;
    }
    return undefined;
  } catch (error) {
    return `${names.length - sent} reports wait for the ledger: ${(error as Error).message}`;
  }
}

/** Undefined where the ledger has it, its words where it never will. Throws where it might later. */
async function send(host: Host, token: string, report: Report, signal: AbortSignal): Promise<string | undefined> {
  // By default this very stack is the ledger, asked where TLS and Nginx are not in between.
  const origin = host.settings['SLUICE_LEDGER_URL'] ?? (await colourDoor(host, host.activeColour() ?? 'blue')).origin;
  const call = async (method: string, path: string, body: object, headers = {}): Promise<Response> => {
    const response = await fetch(new URL(path, origin), {
      method,
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      signal,
    });
    if (response.status >= 500 || [401, 403, 404, 429].includes(response.status)) {
      throw new Error(`it answered ${response.status}`);
    }
    return response;
  };
  const { service, environment, digest, actor, kind, key, outcome, reason } = report;
  const path = `/v1/services/${encodeURIComponent(service)}/environments/${encodeURIComponent(environment)}/deployments`;
  const started = await call('POST', path, { digest, actor, kind }, { 'idempotency-key': key });
  if (!started.ok)
    return ((await started.json()) as { detail?: string; title?: string }).detail ?? `it answered ${started.status}`;
  const { id } = (await started.json()) as { id: string };
  const finished = await call('PATCH', `/v1/deployments/${id}`, {
    outcome,
    ...(reason ? { reason: reason.slice(0, 1_000) } : {}),
  });
  return finished.ok ? undefined : `it answered ${finished.status} to the outcome`;
}
