/** rollback: back to what ran before, with what the host keeps. Neither a registry nor the age of a verdict can stop it. */
import { change, refused, type Result, run } from './change.ts';
import { transactionId } from './deploy.ts';
import type { Host } from './host.ts';
import { type Deployed, digestOf, type HostRecord, short } from './release.ts';
import type { RollbackRequest } from './request.ts';
import { standby } from './settings.ts';

export function rollback(host: Host, request: RollbackRequest, supervisor: string): Promise<Result> {
  return change(host, request, supervisor, async () => {
    const { record } = host;
    if (!record) return refused(['nothing was ever deployed to this host: there is nothing to go back to']);
    const target = request.to
      ? record.history.find(({ release }) => digestOf(release.image) === request.to)
      : record.history.find(({ rolledBack }) => !rolledBack);
    if (!target) {
      const known = record.history.map(({ release }) => digestOf(release.image)).join(', ') || 'none';
      return refused([
        `${request.to ?? 'a release before'} is not kept on this host (kept: ${known}): deploy it instead`,
      ]);
    }
    const contracts = takenAway(record, target);
    if (contracts.length > 0 && !request.force) {
      return refused([
        `${contracts.join(', ')} took away what ${short(target.release.image)} needs: deploy a correction, or give --force`,
      ]);
    }
    const why = `verified when it was deployed on ${target.at} (verdict ${target.release.verdict.slice(0, 12)}); now by what this host keeps: no registry is asked, and no age limit holds`;
    if (request.dryRun) {
      return {
        outcome: 'planned',
        message: `would go back from ${short(record.current.release.image)} to ${short(target.release.image)}, ${why}`,
      };
    }
    host.say(`going back from ${short(record.current.release.image)} to ${short(target.release.image)}: ${why}`);
    const other = standby(record.history, record.current.colour);
    return run(host, {
      id: transactionId(),
      kind: 'rollback',
      actor: request.actor,
      environment: request.environment,
      startedAt: new Date().toISOString(),
      release: target.release,
      settings: host.settings,
      kept: target,
      before: record.current,
      ...(other ? { standby: other } : {}),
      bake: request.bake,
      migrate: 0,
      // Going back must not wait for a flag.
      interrupt: true,
      found: {},
    });
  });
}

/** Migrations since the target that took something away, by their names: Contract…, as service/README.md has it. */
function takenAway({ current, history }: HostRecord, target: Deployed): string[] {
  const since = [current, ...history].filter(({ at }) => at > target.at);
  return since.flatMap(({ migrations }) => migrations.filter((name) => /^contract/i.test(name)));
}
