import type { JournalRecord } from './events.ts';
import { kindMark } from './kinds.ts';
import { parseRecord, SegmentScan, segmentsOf } from './scan.ts';

type Event = JournalRecord['event'];

/**
 * Events of a kind that refers to no other records, from segments that were written to at or after `since` (milliseconds since 1970): at a start,
 * when there is no time to parse all that lies between.
 */
export async function* findEvents<K extends Event['kind']>(dir: string, kind: K, since: number): AsyncGenerator<Extract<Event, { kind: K }>> {
  const mark = kindMark(kind);
  for (const { path } of await segmentsOf(dir)) {
    const scan = await SegmentScan.openIfThere(path);
    try {
      if (scan === undefined || (await scan.writtenAt()) < since) continue;
      for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
        const found = batch.filter(({ json }) => json.includes(mark)).map(({ json }) => parseRecord(json)?.event);
        for (const event of found) if (event?.kind === kind) yield event as Extract<Event, { kind: K }>;
      }
    } finally {
      await scan?.close();
    }
  }
}
