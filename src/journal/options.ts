import type { KeyObject } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';

export interface JournalOptions {
  readonly dir: string;
  /** A file that has reached this many bytes is the last batch's; the next begins another. */
  readonly segmentBytes: number;
  /** A checkpoint comes at the latest after so many records, and so many milliseconds after the first unsigned one. */
  readonly checkpointRecords: number;
  readonly checkpointMs: number;
  /** Ed25519, private. */
  readonly signingKey: KeyObject;
  readonly clock: Clock;
  readonly log?: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}
