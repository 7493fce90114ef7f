/** Times the way from starting a program to its first 200 on the listing, which needs the database, with migrations applied. */
import type { Contender } from './contenders.ts';
import type { Databases } from './databases.ts';
import { freePort } from './port.ts';
import { LIST_PATH } from './requests.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

/** Median milliseconds by contender, of starts that take turns. */
export async function measureStarts(
  contenders: readonly Contender[],
  databases: Databases,
  rounds: number,
): Promise<Map<string, number>> {
  const url = await databases.clone('starts');
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  // One round more: the first one fills the page cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const contender of contenders) {
      const { name } = contender;
      const port = await freePort();
      const [server, milliseconds] = await Server.start(name, contender.start(url, port), port, LIST_PATH);
      await server.stop();
      if (round > 0) times.get(name)?.push(milliseconds);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}
