import type { KeyObject } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';

/** How much stays of a journal. */
export interface Keep {
  /** Milliseconds; segments all of whose records are older are retired. */
  readonly ageMs?: number;
  /** Bytes of all segments together; beyond that the oldest are retired. */
  readonly bytes?: number;
  /** Milliseconds; younger records stay, however large the journal is: this process finds them again at its start. */
  readonly leastMs: number;
}

export interface JournalOptions {
  readonly dir: string;
  /** A file that has reached this many bytes is the last batch's; the next begins another. */
  readonly segmentBytes: number;
  /** A checkpoint comes at the latest after so many records, and so many milliseconds after the first unsigned one. */
  readonly checkpointRecords: number;
  readonly checkpointMs: number;
  /** Absent: everything is kept. */
  readonly keep?: Keep;
  /** Ed25519, private. */
  readonly signingKey: KeyObject;
  readonly clock: Clock;
  readonly log?: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}
