import { truncate, unlink } from 'node:fs/promises';
import { JournalRefused } from './failures.ts';
import { Commitments, leafCount, leavesOf, Salts } from './commitments.ts';
import { HEADER_BYTES, NO_HASH, recordHash } from './record.ts';
import type { Head } from './record.ts';
import { Tombstones } from './tombstones.ts';
import type { Tombstone } from './tombstones.ts';
import { numbersOf, parseRecord, SegmentScan, segmentsOf } from './scan.ts';
import type { ParsedRecord, SegmentFile, Tail } from './scan.ts';

export interface Recovery {
  readonly head: Head;
  /** The segment to go on with, and its length. Undefined: begin one. */
  readonly last?: { readonly name: string; readonly size: number };
  /** Of that segment. */
  readonly commitments?: Commitments | undefined;
  /** The newest record that a signed tombstone of that segment speaks of; 0: none. */
  readonly retired: number;
  /** Ends of records that were never finished, now cut off. */
  readonly cut: readonly { readonly file: string; readonly offset: number; readonly bytes: number }[];
}

/**
 * Finds where to go on, under the directory's lock. A record cut short at the very end is what a crash leaves and is
 * removed; anything else is somebody's doing or a failing disk. Throws JournalRefused `damaged`.
 */
export async function recover(dir: string): Promise<Recovery> {
  const segments = await segmentsOf(dir);
  const cut: { file: string; offset: number; bytes: number }[] = [];
  for (let last = segments.pop(); last !== undefined; last = segments.pop()) {
    const { head, tail, commitments, tombstone } = await walk(last, Number.POSITIVE_INFINITY);
    if (tail.state === 'damaged') throw damaged(last, tail.offset, 'it goes on with something that is no record');
    if (tail.bytes > 0) cut.push({ file: last.name, offset: tail.offset, bytes: tail.bytes });
    if (head !== undefined) {
      await linked(last, head.previous, segments.at(-1), tombstone);
      if (tail.bytes > 0) await truncate(last.path, tail.offset);
      return { head, last: { name: last.name, size: tail.offset }, commitments, retired: tombstone?.last ?? 0, cut };
    }
    // Killed before the file's first record was whole: it held nothing.
    if (tail.offset > HEADER_BYTES) throw damaged(last, tail.offset, 'it has no record');
    await unlink(last.path);
  }
  return { head: { sequence: 0, hash: NO_HASH }, retired: 0, cut };
}

interface Walk {
  /** `previous`: what the segment's first record says comes before it. */
  readonly head?: Head & { readonly previous: string };
  readonly tail: Tail;
  /** Up to its end. */
  readonly commitments?: Commitments | undefined;
  readonly tombstone?: Tombstone | undefined;
}

/** Follows the chain within one segment, up to the record `until`. */
async function walk(segment: SegmentFile, until: number): Promise<Walk> {
  const scan = await SegmentScan.open(segment.path);
  try {
    let head: (Head & { previous: string }) | undefined;
    const unsigned = new Unsigned();
    const tombstones = new Tombstones();
    for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
      for (const { offset, json } of batch) {
        if (head?.sequence === until) return { head, tail: await scan.tail() };
        const record = parseRecord(json);
        const expected: number = head === undefined ? segment.first : head.sequence + 1;
        if (record?.sequence !== expected) throw damaged(segment, offset, `record ${expected} isn't there`);
        if (head !== undefined && record.previous !== head.hash) throw damaged(segment, offset, `record ${expected} doesn't follow from the one before it`);
        head = { sequence: expected + numbersOf(record) - 1, hash: recordHash(json), previous: head?.previous ?? record.previous };
        unsigned.add(record, json);
        tombstones.add(record);
      }
    }
    return { ...(head && { head }), tail: await scan.tail(), commitments: scan.seed && unsigned.commitments(scan.seed), tombstone: tombstones.newest };
  } finally {
    await scan.close();
  }
}

/** What the next checkpoint of a segment will have to commit to. */
class Unsigned {
  /** Leaves of what the last checkpoint has signed: only their number is of use. */
  #signed = 0;
  #records: { readonly record: ParsedRecord; readonly json: Buffer }[] = [];

  add(record: ParsedRecord, json: Buffer): void {
    if (record.event.kind !== 'checkpoint') {
      this.#records.push({ record, json: Buffer.from(json) });
      return;
    }
    for (const signed of this.#records) this.#signed += leafCount(signed.record);
    this.#records = [];
  }

  commitments(seed: Buffer): Commitments {
    const made = new Commitments(new Salts(seed));
    made.skip(this.#signed);
    for (const { record, json } of this.#records) {
      for (const leaf of leavesOf(record, json.toString())) made.add(leaf);
    }
    return made;
  }
}

async function linked(segment: SegmentFile, previous: string, before: SegmentFile | undefined, tombstone: Tombstone | undefined): Promise<void> {
  if (before === undefined && tombstone?.last === segment.first - 1 && tombstone.hash === previous) return;
  const head = before === undefined ? undefined : (await walk(before, segment.first - 1)).head;
  const expected = before === undefined && segment.first === 1 ? NO_HASH : head?.hash;
  if (expected !== previous || (head !== undefined && head.sequence !== segment.first - 1)) {
    throw damaged(segment, HEADER_BYTES, before === undefined ? `the segment before it is missing` : `it doesn't follow from ${before.name}`);
  }
}

function damaged(segment: SegmentFile, offset: number, why: string): JournalRefused {
  return new JournalRefused('damaged', `The journal is damaged in ${segment.path} at byte ${offset}: ${why}.`, {
    hint: 'Keep a copy, look at it with `countersign audit verify`, and put back the files of a backup, or move the directory away to begin a new journal.',
  });
}
