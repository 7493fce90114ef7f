/** What a transaction has done so far, on the disk before it does more, so that whoever comes after a crash knows what to undo. */
import { readIfThere, removeDurably, writeDurably } from './durable.ts';

export type StepState = 'begun' | 'done' | 'failed' | 'undone' | 'stuck';

export interface Entry {
  step: string;
  state: StepState;
  at: string;
  /** How long it took to get there from `begun`, in milliseconds. */
  ms?: number;
  message?: string;
}

export interface JournalText<Plan> {
  schema: 'journal/v1';
  /** All that doing and undoing needs to know; a later call has nothing else. */
  plan: Plan;
  entries: Entry[];
  /** Why it is being undone; absent while it goes forward. */
  failure?: string;
}

export class Journal<Plan> {
  readonly #path: string;
  readonly #text: JournalText<Plan>;

  private constructor(path: string, text: JournalText<Plan>) {
    this.#path = path;
    this.#text = text;
  }

  static begin<Plan>(path: string, plan: Plan): Journal<Plan> {
    const journal = new Journal(path, { schema: 'journal/v1', plan, entries: [] });
    journal.#write();
    return journal;
  }

  /** The journal that a crash left behind; undefined where nothing was under way. Throws where it is damaged. */
  static unfinished<Plan>(path: string): Journal<Plan> | undefined {
    const text = readIfThere(path);
    return text === undefined ? undefined : new Journal(path, JSON.parse(text) as JournalText<Plan>);
  }

  get plan(): Plan {
    return this.#text.plan;
  }

  get entries(): readonly Entry[] {
    return this.#text.entries;
  }

  get failure(): string | undefined {
    return this.#text.failure;
  }

  /** The last that is known of a step. */
  stateOf(step: string): StepState | undefined {
    return this.#text.entries.find((entry) => entry.step === step)?.state;
  }

  /** Puts down a step's new state. Before an action it must succeed; see `tell` for the way back. */
  write(step: string, state: StepState, message?: string): void {
    const now = new Date();
    const known = this.#text.entries.find((entry) => entry.step === step);
    if (known) {
      known.ms = now.getTime() - Date.parse(known.at);
      known.state = state;
      if (message) known.message = message;
    } else {
      this.#text.entries.push({ step, state, at: now.toISOString(), ...(message ? { message } : {}) });
    }
    this.#write();
  }

  fail(reason: string): void {
    this.#text.failure ??= reason;
    this.tell();
  }

  /** Writes if it can: on the way back a full disk must not keep the old version from serving. */
  tell(step?: string, state?: StepState, message?: string): void {
    try {
      if (step && state) this.write(step, state, message);
      else this.#write();
    } catch {
      // What it says on the disk is older, and undoing twice does no harm.
    }
  }

  /** Nothing is under way any more: the text goes to the archive, if there is room for it. */
  close(archive: string): void {
    try {
      writeDurably(archive, JSON.stringify(this.#text, null, 1));
    } catch {
      // The audit log has the outcome.
    }
    removeDurably(this.#path);
  }

  #write(): void {
    writeDurably(this.#path, JSON.stringify(this.#text, null, 1));
  }
}
