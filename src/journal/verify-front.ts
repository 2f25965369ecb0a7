import type { JournalRecord } from './events.ts';
import type { Head } from './record.ts';
import { Tombstones } from './tombstones.ts';
import type { Tombstone } from './tombstones.ts';

/** Records that aren't there any more, by the word of the journal's own writer. */
export interface Retired extends Pick<Tombstone, 'at' | 'until' | 'why'> {
  /** All from 1 to this one. */
  readonly last: number;
  /** Numbers of expected heads among them, which nothing is left to compare with. */
  readonly expected: readonly number[];
}

/** Where a journal begins; if not with record 1, then because it says so itself. */
export class FrontChecks {
  readonly #before: Head;
  /** Hashes of the records that segments end with, by number: it is these that tombstones name. */
  readonly #ends: Map<number, string>;
  readonly #tombstones = new Tombstones();

  /** @param before the record before the first that is there */
  constructor(before: Head) {
    this.#before = before;
    this.#ends = new Map([[before.sequence, before.hash]]);
  }

  segmentEnds({ sequence, hash }: Head): void {
    this.#ends.set(sequence, hash);
  }

  /** What is wrong, if anything; once the record was found to be good. */
  check(record: JournalRecord): string | undefined {
    const { event } = record;
    this.#tombstones.add(record);
    if (event.kind !== 'retired' || event.last < this.#before.sequence) return undefined;
    return event.hash === (this.#ends.get(event.last) ?? '') ? undefined : `record ${event.last}, with which it says that retired segments end, was another one`;
  }

  /** At the journal's end: what is wrong with its beginning. */
  get problem(): string | undefined {
    const { sequence } = this.#before;
    return sequence === 0 || this.#tombstone !== undefined ? undefined : `the front is missing: records 1 to ${sequence} aren't there, and nothing that is signed says that they were retired`;
  }

  /** @param expect numbers of heads */
  retired(expect: Iterable<number>): Retired | undefined {
    const { sequence: last } = this.#before;
    if (last === 0 || this.#tombstone === undefined) return undefined;
    const { at, until, why } = this.#tombstone;
    return { last, at, until, why, expected: [...expect].filter((sequence) => sequence < last) };
  }

  get #tombstone(): Tombstone | undefined {
    const { newest } = this.#tombstones;
    return newest !== undefined && newest.last >= this.#before.sequence ? newest : undefined;
  }
}
