import { stat } from 'node:fs/promises';
import { recordHash } from './record.ts';
import type { Head } from './record.ts';
import { parseRecord, SegmentScan } from './scan.ts';
import type { SegmentFile } from './scan.ts';

/** What has to be known of a closed segment before it may go. */
export interface Survey {
  readonly last: Head;
  /** ISO times of its oldest and its newest record: a clock may be set back. */
  readonly since: string;
  readonly until: string;
  readonly bytes: number;
}

/** Undefined where the chain is broken, in it or to the segment after it: what is damaged is evidence, and stays. */
export async function survey(segment: SegmentFile, next: SegmentFile): Promise<Survey | undefined> {
  const last = await headBefore(next);
  const times = last && await timesUntil(segment, last.hash);
  return last && times && { last, ...times, bytes: (await stat(segment.path)).size };
}

/** What a segment says came before it; undefined when it can't be read. */
export async function headBefore(segment: SegmentFile): Promise<Head | undefined> {
  const scan = await SegmentScan.open(segment.path);
  try {
    const [first] = await scan.batch();
    const record = first && parseRecord(first.json);
    return record?.sequence === segment.first ? { sequence: segment.first - 1, hash: record.previous } : undefined;
  } finally {
    await scan.close();
  }
}

async function timesUntil(segment: SegmentFile, hash: string): Promise<Pick<Survey, 'since' | 'until'> | undefined> {
  const scan = await SegmentScan.open(segment.path);
  let [since, until, before] = ['', '', ''];
  try {
    for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
      for (const { json } of batch) {
        if (!json.subarray(-CHAINED).includes(before)) return undefined;
        before = recordHash(json);
        const time = timeOf(json);
        if (since === '' || time < since) since = time;
        if (time > until) until = time;
        if (before === hash) return { since, until };
      }
    }
  } finally {
    await scan.close();
  }
  return undefined;
}

/** Within so many bytes from its end a record has `previous`, and after it nothing but numbers. */
const CHAINED = 160;

/** `"time":"2026-01-01T00:00:00.000Z"}` ends every record. */
const timeOf = (json: Buffer): string => json.toString('latin1', json.length - 26, json.length - 2);
