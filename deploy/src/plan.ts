/** All that a transaction's steps need to know, as data: it lies in the journal, so that undoing needs nothing else. */
import type { Host, Stack } from './host.ts';
import { type Colour, type Deployed, otherColour, type Release } from './release.ts';
import type { Settings, Slot } from './settings.ts';

export interface Plan {
  id: string;
  kind: 'deploy' | 'rollback';
  actor: string;
  environment: string;
  startedAt: string;
  release: Release;
  /** The host's settings as they were when it began: what it goes by, whatever the file says by then. */
  settings: Settings;
  /** What runs when it begins; absent on an empty host. */
  before?: Deployed;
  /** What stands by in the other colour when it begins, stopped. */
  standby?: Deployed;
  /** What is kept of the release that a rollback goes to. */
  kept?: Deployed;
  /** Seconds to watch after the switch. */
  bake: number;
  /** Seconds that the migrations may take. */
  migrate: number;
  /** Whether Nginx or PostgreSQL may be made anew, which their users notice. */
  interrupt: boolean;
  found: Found;
}

/** What the steps find out on their way. */
export interface Found {
  /** Hash of the unpacked bundle. */
  tree?: string;
  /** False where the API's container stays as it is, and only its surroundings change. */
  swap?: boolean;
  /** Of Nginx and PostgreSQL those whose definition changed. */
  interrupted?: string[];
  migrations?: string[];
  /** RFC 3339. */
  switchedAt?: string;
  warnings?: string[];
}

/** The colour in which the new release will run. */
export function targetColour({ before, found }: Plan): Colour {
  if (!before) return 'blue';
  return found.swap ? otherColour(before.colour) : before.colour;
}

/** What the steps make of the host. */
export function stackAfter(host: Host, plan: Plan): Stack {
  const active: Slot = { release: plan.release, colour: targetColour(plan) };
  const other = plan.before && plan.before.colour !== active.colour ? plan.before : plan.standby;
  return host.stack(plan.settings, active, other);
}

/** What it was. */
export function stackBefore(host: Host, { before, standby }: Plan): Stack | undefined {
  return before && host.stack(before.settings, before, standby);
}

/** Adds a line for the caller that is no reason to fail. */
export function warn(plan: Plan, line: string): void {
  plan.found.warnings = [...(plan.found.warnings ?? []), line];
}
