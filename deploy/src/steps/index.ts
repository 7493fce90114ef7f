/** The steps of a transaction, in their order. Mending one after a crash takes the same list. */
import type { Host } from '../host.ts';
import type { Plan } from '../plan.ts';
import type { Credentials } from '../registry.ts';
import type { Step } from '../transaction.ts';
import { drain, start } from './colours.ts';
import { backup, database, migrate } from './database.ts';
import { prove, record } from './record.ts';
import { stage } from './stage.ts';
import { observability } from './surroundings.ts';
import { bake, switchOver } from './switch.ts';

export function stepsOf(plan: Plan, credentials?: Credentials): Step<Host, Plan>[] {
  const tail = [start, switchOver, bake, observability, drain, prove, record];
  // A rollback touches no data: what it goes back to has run on this schema, or is refused before.
  return plan.kind === 'rollback'
    ? [stage(credentials), database, ...tail]
    : [stage(credentials), database, backup, migrate, ...tail];
}
