/** The host's own log of who did what to it: one JSON object a line, only ever appended to. */
import { appendDurably } from './durable.ts';
import type { Host } from './host.ts';

export interface Audited {
  actor: string;
  action: string;
  outcome: string;
  environment?: string;
  transaction?: string;
  image?: string;
  reason?: string;
}

/** Appends a line. A full disk is said, and keeps nothing from ending. */
export function audit(host: Host, entry: Audited): void {
  try {
    appendDurably(host.paths.audit, JSON.stringify({ at: new Date().toISOString(), ...entry }));
  } catch (error) {
    host.say(`the audit log could not be written: ${(error as Error).message}`);
  }
}
