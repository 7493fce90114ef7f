/** Asks the service as users do, through Nginx, or one colour directly; and reads from Nginx's log how well it answered. */
import { request as overHttp } from 'node:http';
import { request as overTls } from 'node:https';
import type { Host } from './host.ts';
import { type Colour, digestOf, type Release } from './release.ts';
import { composeFiles, type Settings } from './settings.ts';

export interface Door {
  origin: string;
  /** The name in the certificate, where there is TLS. */
  name?: string;
}

/** The address where this host's Nginx listens, seen from the host. */
export function frontDoor(settings: Settings): Door {
  const tls = composeFiles(settings).includes('compose.tls.yaml');
  const listen = tls
    ? (settings['SLUICE_HTTPS_LISTEN'] ?? '127.0.0.1:8443')
    : (settings['SLUICE_HTTP_LISTEN'] ?? '127.0.0.1:8080');
  const address = listen.includes(':') ? listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:') : `127.0.0.1:${listen}`;
  const name = settings['SLUICE_DOMAIN'];
  return { origin: `${tls ? 'https' : 'http'}://${address}`, ...(name ? { name } : {}) };
}

/** A colour itself, past Nginx: where its container is on the network that both share. Rejects where it does not run. */
export async function colourDoor(host: Host, colour: Colour): Promise<Door> {
  const address = await upstreamOf(host, colour);
  if (!address) throw new Error(`api-${colour} has no address on the network app`);
  return { origin: `http://${address}` };
}

/** A colour as Nginx names it in its log; undefined where it does not run. */
export async function upstreamOf(host: Host, colour: Colour): Promise<string | undefined> {
  const container = await host.container(`api-${colour}`);
  const address = container?.addresses[`${host.project}_app`];
  return address ? `${address}:3000` : undefined;
}

export interface Answer {
  status: number;
  body: string;
}

/** One GET. Rejects where there is no answer within `seconds`. */
export function get(
  door: Door,
  path: string,
  options: { token?: string; seconds?: number; signal?: AbortSignal | undefined } = {},
): Promise<Answer> {
  const url = new URL(path, door.origin);
  return new Promise((done, fail) => {
    const request = (url.protocol === 'https:' ? overTls : overHttp)(
      url,
      {
        // Each on a connection of its own: what is asked is whether a new client is served.
        agent: false,
        headers: {
          ...(door.name ? { host: door.name } : {}),
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
          'user-agent': 'sluice-deploy',
        },
        // Asked by its address on its own host; the certificate is its users' to check.
        ...(url.protocol === 'https:'
          ? { rejectUnauthorized: false, ...(door.name ? { servername: door.name } : {}) }
          : {}),
        ...(options.signal ? { signal: options.signal } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        response.on('error', fail);
      },
    );
    request.setTimeout((options.seconds ?? 5) * 1_000, () => request.destroy(new Error('no answer in time')));
    request.on('error', fail);
    request.end();
  });
}

/** Reads only: that the release itself answers, and that it can read what it keeps. `health` where the door shows it. */
export async function smoke(host: Host, door: Door, release: Release, options: { health: boolean }): Promise<void> {
  const ask = async (path: string): Promise<Answer> => {
    const token = host.token();
    const answer = await get(door, path, { ...(token ? { token } : {}), signal: host.signal });
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.body.slice(0, 200)}`);
    return answer;
  };
  if (options.health) await ask('/health/ready');
  const version = JSON.parse((await ask('/version')).body) as { commit: string; imageDigest: string | null };
  if (version.commit !== release.commit)
    throw new Error(`/version says commit ${version.commit}, not ${release.commit}`);
  const digest = digestOf(release.image);
  if (version.imageDigest !== digest) throw new Error(`/version says ${version.imageDigest}, not ${digest}`);
  await ask(host.settings['SLUICE_SMOKE_READ'] ?? '/v1/services/release-ledger/releases?limit=1');
}

/** What Nginx logged in some seconds. */
export interface Traffic {
  requests: number;
  /** Answers of 5xx. */
  errors: number;
  /** Milliseconds; of all requests. */
  p95: number;
}

/**
 * Reads Nginx's access log, one JSON object a line; what is none is not about a request.
 *
 * @param upstream counts only what this one had a part in: moments ago another release may have failed behind the same Nginx
 */
export function traffic(log: string, upstream?: string): Traffic {
  const durations: number[] = [];
  let errors = 0;
  for (const line of log.split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      const entry = JSON.parse(line) as { status_code?: number; duration_ms?: number; upstream?: string };
      const { status_code, duration_ms } = entry;
      if (status_code === undefined) continue;
      if (upstream !== undefined && !(entry.upstream ?? '').split(', ').includes(upstream)) continue;
      durations.push(duration_ms ?? 0);
      if (status_code >= 500) errors += 1;
    } catch {
      // A line that was cut off by the log's rotation.
    }
  }
  durations.sort((a, b) => a - b);
  return { requests: durations.length, errors, p95: durations[Math.ceil(durations.length * 0.95) - 1] ?? 0 };
}

/** Why the new version is worse than the old one was; undefined where it is not. Slowness needs 20 requests on both sides to count. */
export function worse(before: Traffic, after: Traffic): string | undefined {
  const ratio = ({ errors, requests }: Traffic) => (requests === 0 ? 0 : errors / requests);
  if (after.errors >= 3 && ratio(after) > 2 * ratio(before) + 0.01) {
    return `${after.errors} of ${after.requests} requests were answered with 5xx, before the switch ${before.errors} of ${before.requests}`;
  }
  const enough = before.requests >= 20 && after.requests >= 20;
  if (enough && after.p95 > 3 * before.p95 + 250) {
    return `95 % of requests took up to ${after.p95} ms, before the switch ${before.p95} ms`;
  }
  return undefined;
}
