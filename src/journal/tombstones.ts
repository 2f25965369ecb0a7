import type { JournalNote, JournalRecord } from './events.ts';

export type Tombstone = Extract<JournalNote, { kind: 'retired' }> & { readonly at: string };

/** What records say of those that were retired: what no checkpoint has signed since says nothing. */
export class Tombstones {
  #unsigned: Tombstone | undefined;
  /** The newest; undefined: there is none. */
  newest: Tombstone | undefined;

  add({ event, time }: JournalRecord): void {
    if (event.kind === 'retired') this.#unsigned = { ...event, at: time };
    if (event.kind === 'checkpoint') this.newest = this.#unsigned ?? this.newest;
  }
}
