/** Calendar days as YYYY-MM-DD, in UTC: the policy's dates, free of clocks and time zones. */

import { UsageError } from './model.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Today in UTC. Commands take the day as `--today`, so that a cached step can't keep an expired waiver alive. */
export function today(now = new Date()): string {
  return now.toISOString().slice(0, 10);
}

/** True for a day that exists: 2026-02-28, not 2026-02-30 and not 2026-2-1. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // Some engines roll 30 February over into March instead of refusing it.
  return !Number.isNaN(time) && today(new Date(time)) === text;
}

/** Whole days from one day to another; negative when `to` is earlier. Both must satisfy `isDay`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
}

/** The day so many days after (or, negative, before) another. */
export function addDays(day: string, days: number): string {
  return today(new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs));
}

/** The day that `--today` names; default: today. @throws UsageError for one that does not exist */
export function dayOr(named: string | undefined): string {
  if (named !== undefined && !isDay(named)) {
    throw new UsageError(`--today takes a day that exists, as YYYY-MM-DD, not ${named}`);
  }
  return named ?? today();
}
