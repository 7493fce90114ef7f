/** prove and record: the new version runs by digest; then, and only then, the host's record says so. That write is the point of no return. */
import { join } from 'node:path';
import { readIfThere, removeDurably, writeDurably } from '../durable.ts';
import type { Host } from '../host.ts';
import { type Plan, stackAfter, stackBefore, targetColour } from '../plan.ts';
import { type Deployed, type HostRecord, short } from '../release.ts';
import { proveIdle, proveServing } from '../serving.ts';
import { environmentText } from '../settings.ts';
import type { Step } from '../transaction.ts';

export const prove: Step<Host, Plan> = {
  name: 'prove',
  limit: 30,
  async do(host, plan) {
    const colour = targetColour(plan);
    await proveServing(host, { release: plan.release, colour, settings: plan.settings });
    await proveIdle(host, colour);
    return `api-${colour} runs ${short(plan.release.image)}`;
  },
};

export const record: Step<Host, Plan> = {
  name: 'record',
  limit: 30,
  do(host, plan) {
    writeDurably(environmentFile(host), environmentText(stackAfter(host, plan).environment));
    writeDurably(host.paths.record, JSON.stringify(recordAfter(host.record, plan), null, 1), 0o644);
    return Promise.resolve();
  },
  undo(host, plan) {
    const stack = stackBefore(host, plan);
    if (stack) writeDurably(environmentFile(host), environmentText(stack.environment));
    else if (readIfThere(environmentFile(host)) !== undefined) removeDurably(environmentFile(host));
    return Promise.resolve();
  },
};

/** What a plain `docker compose` in the stack's directory reads. */
function environmentFile(host: Host): string {
  return join(host.paths.stack, 'compose/.env');
}

function recordAfter(known: HostRecord | undefined, plan: Plan): HostRecord {
  const current: Deployed = {
    release: plan.release,
    colour: targetColour(plan),
    settings: plan.settings,
    tree: plan.found.tree!,
    at: new Date().toISOString(),
    actor: plan.actor,
    environment: plan.environment,
    transaction: plan.id,
    migrations: plan.found.migrations ?? [],
  };
  const same = ({ release }: Deployed) =>
    release.image === current.release.image && release.bundle === current.release.bundle;
  const left = known && plan.kind === 'rollback' ? { ...known.current, rolledBack: true as const } : known?.current;
  const before = known ? [left!, ...known.history] : [];
  return { schema: 'host/v1', current, history: before.filter((each) => !same(each)) };
}
