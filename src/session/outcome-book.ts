import type { Journal, PlainOutcome } from '../journal/events.ts';

/** Collects the plain outcomes of one turn of the event loop, of all sessions, for one record. */
export class OutcomeBook {
  readonly #journal: Journal;
  #ended: PlainOutcome[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(outcome: PlainOutcome): void {
    if (this.#ended.push(outcome) === 1) setImmediate(() => this.flush());
  }

  /** Before anything is recorded that must come after. */
  flush(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    this.#journal.append({ kind: 'outcomes', ended });
  }
}
