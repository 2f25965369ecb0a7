import type { JournalRecord } from './events.ts';

export interface Pace {
  /** Resolves when a record that came so many milliseconds after the one before is to be shown; with false when none is any more. */
  wait(ms: number): Promise<boolean>;
}

/** The records, each when its time has come. */
export async function* paced(records: AsyncIterable<JournalRecord>, pace: Pace): AsyncGenerator<JournalRecord> {
  let before: number | undefined;
  for await (const record of records) {
    const time = Date.parse(record.time);
    if (!(await pace.wait(time - (before ?? time)))) return;
    before = time;
    yield record;
  }
}
