/** Compares the latency of page 1 with that of page 1,000 of a million releases, reached the only way a client can: by following the links. */
import { Agent, get } from 'node:http';
import { LEDGER, ledger } from './contenders.ts';
import type { Databases } from './databases.ts';
import { PAGED } from './databases.ts';
import { freePort } from './port.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

const PAGE = 1_000;
const FIRST = `/v1/services/${PAGED}/releases?limit=20`;

/** Median milliseconds of one page. */
export interface Paging {
  readonly first: number;
  readonly deep: number;
}

export async function measurePaging(bundle: string, databases: Databases, requests: number): Promise<Paging> {
  const port = await freePort();
  const program = ledger(bundle, await databases.withAMillion(), port);
  const [server] = await Server.start(LEDGER, program, port, FIRST);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    let deep = FIRST;
    for (let page = 1; page < PAGE; page += 1) deep = await next(agent, server.url, deep);
    const times = { first: [] as number[], deep: [] as number[] };
    for (let count = 0; count < requests; count += 1) {
      times.first.push(await milliseconds(agent, server.url + FIRST));
      times.deep.push(await milliseconds(agent, server.url + deep));
    }
    return { first: median(times.first), deep: median(times.deep) };
  } finally {
    agent.destroy();
    await server.stop();
  }
}

async function next(agent: Agent, origin: string, path: string): Promise<string> {
  const { link } = await fetched(agent, origin + path);
  const found = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1];
  if (!found) throw new Error(`${path} names no next page`);
  return found;
}

async function milliseconds(agent: Agent, url: string): Promise<number> {
  const started = performance.now();
  await fetched(agent, url);
  return performance.now() - started;
}

/** Node's own client on one connection: fetch would take longer than the server does. */
function fetched(agent: Agent, url: string): Promise<{ link: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const { link } = response.headers;
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve({ link: typeof link === 'string' ? link : undefined });
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}
