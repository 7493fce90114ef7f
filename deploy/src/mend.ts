/** mend: brings the host to rest, after a crash or a reboot: what was cut off is undone or finished, and the recorded version serves. */
import { change, type Result } from './change.ts';
import type { Host } from './host.ts';
import { short } from './release.ts';
import type { MendRequest } from './request.ts';
import { bringBack, bringBackObservability } from './rest.ts';

export function mend(host: Host, request: MendRequest, supervisor: string): Promise<Result> {
  return change(host, request, supervisor, async () => {
    const { record } = host;
    if (!record) return { outcome: 'unchanged', message: 'nothing was deployed yet' };
    try {
      await bringBack(host, record.current, record.history, 120);
    } catch (error) {
      return { outcome: 'stuck', message: (error as Error).message };
    }
    await bringBackObservability(host, record.current);
    return { outcome: 'done', message: `${short(record.current.release.image)} serves, proved by digest` };
  });
}
