/** prune: forgets releases beyond the newest few: their directories, their images, and what finished transactions left. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from './audit.ts';
import { change, type Result } from './change.ts';
import { writeDurably } from './durable.ts';
import type { Host } from './host.ts';
import { hexOf, short } from './release.ts';
import type { PruneRequest } from './request.ts';
import { standby } from './settings.ts';

export function prune(host: Host, request: PruneRequest, supervisor: string): Promise<Result> {
  return change(host, request, supervisor, async () => {
    const { record } = host;
    if (!record) return { outcome: 'unchanged', message: 'nothing was deployed yet' };
    // What stands by in the other colour stays: it is the rollback in seconds.
    const other = standby(record.history, record.current.colour);
    const kept = record.history.filter((each, index) => index < request.keep || each === other);
    const gone = record.history.filter((each) => !kept.includes(each));
    const images = new Set([record.current, ...kept].map(({ release }) => release.image));
    const bundles = new Set([record.current, ...kept].map(({ release }) => hexOf(release.bundle)));
    const unused = [...new Set(gone.map(({ release }) => release.image))].filter((image) => !images.has(image));
    const directory = join(host.paths.root, 'releases');
    const directories = existsSync(directory) ? readdirSync(directory).filter((name) => !bundles.has(name)) : [];
    const message = `${gone.length} releases, ${directories.length} bundles and ${unused.length} images (${unused.map(short).join(', ') || 'none'}); kept: ${[...images].map(short).join(', ')}`;
    if (request.dryRun) return { outcome: 'planned', message: `would forget ${message}` };
    // The record first: what it no longer names is no rollback's target, even if the power fails now.
    writeDurably(host.paths.record, JSON.stringify({ ...record, history: kept }, null, 1), 0o644);
    for (const name of directories) rmSync(join(directory, name), { recursive: true, force: true });
    for (const image of unused)
      await host.docker.command('image', 'rm', image).catch((error: Error) => host.say(error.message));
    const journals = join(host.paths.root, 'journals');
    const old = existsSync(journals) ? readdirSync(journals).sort().slice(0, -50) : [];
    for (const name of old) rmSync(join(journals, name));
    const ended = await host.docker.command(
      'ps',
      '--all',
      '--quiet',
      '--filter',
      'label=sluice.supervisor',
      '--filter',
      'status=exited',
    );
    await host.docker.remove(...ended.split('\n').filter(Boolean));
    audit(host, { actor: request.actor, action: 'prune', outcome: 'done', environment: request.environment });
    return { outcome: 'done', message: `forgot ${message}` };
  });
}
