import type { Clock } from '../runtime/clock.ts';
import { delay } from '../runtime/delay.ts';
import type { JournalRecord } from './events.ts';

export interface Pace {
  readonly clock: Clock;
  /** 1: as it was; 10: ten times as fast; Infinity: at once. */
  readonly speed: number;
  /** Longest wait between two records, milliseconds: nobody watches a session think for an hour. */
  readonly longestMs: number;
  readonly signal: AbortSignal;
}

/** The records, each when its time has come. Ends early when the signal aborts. */
export async function* paced(records: AsyncIterable<JournalRecord>, { clock, speed, longestMs, signal }: Pace): AsyncGenerator<JournalRecord> {
  let before: number | undefined;
  for await (const record of records) {
    const time = Date.parse(record.time);
    const wait = Math.min(longestMs, (time - (before ?? time)) / speed);
    before = time;
    if (wait > 0) await delay(wait, clock, signal);
    if (signal.aborted) return;
    yield record;
  }
}
