/** kill -9 of the service under write load: no acknowledged write is lost or doubled, and it goes on where it was once restarted. */
import { audit } from '../audit.ts';
import { killing } from '../kills.ts';
import type { Lab } from '../lab.ts';

export async function killService(lab: Lab): Promise<string> {
  const { counted, readyMs, answers } = await killing(lab, async ({ postgres, service, load }) => {
    await service.end('SIGKILL');
    // Before it is back: a write that only its memory knew is not there.
    await audit(load, postgres);
    service.start();
    return service.ready();
  });
  return `${counted}; ready within ${readyMs} ms of the restart; answers ${answers}`;
}
