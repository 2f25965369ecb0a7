/** Records and segments as bytes. The format is described in README.md; whoever changes one changes the other. */

import { hash } from 'node:crypto';

/** First bytes of every segment: name, NUL, version; after them comes the seed of its salts. */
export const MAGIC: Buffer = Buffer.from('CSJOURNAL\0\0\x02', 'latin1');
export const SEED_BYTES = 32;
export const HEADER_BYTES = 44;
export const LENGTH_BYTES = 4;
/** A V8 string holds no more, so neither writer nor reader could. */
export const MAX_RECORD_BYTES = 0x1fff_ffe8;
/** `previous` of the very first record. */
export const NO_HASH = '0'.repeat(64);
/** Longer statement texts (UTF-16 units) are stored once per segment. */
export const LARGE_TEXT = 4096;

const NAME = /^(\d{16})\.journal$/;

/** The last record written: where the chain goes on. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** Sorts by name as by number up to 10^16 records, which is also where numbers stop being exact. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, '0')}.journal`;
}

/** First sequence number by file name; undefined for files that are no segments. */
export function firstSequence(name: string): number | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** @param event canonical JSON of the event. */
export function recordJson(event: string, previous: string, sequence: number, time: string): string {
  return `{"event":${event},"previous":"${previous}","sequence":${sequence},"time":"${time}"}`;
}

/** The event of a record as it was written; undefined when the record isn't as `recordJson` makes them. */
export function eventJson(json: string, { previous, sequence, time }: { readonly previous: string; readonly sequence: number; readonly time: string }): string | undefined {
  const start = '{"event":';
  const end = `,"previous":"${previous}","sequence":${sequence},"time":"${time}"}`;
  return json.startsWith(start) && json.endsWith(end) ? json.slice(start.length, -end.length) : undefined;
}

/** SHA-256, hex, of the record's JSON bytes without the length before them. */
export function recordHash(json: string | Buffer): string {
  return hash('sha256', json, 'hex');
}

/** Over the canonical JSON of the text, not its UTF-8, in which lone surrogates would all look the same. @param json that canonical JSON. */
export function textHash(json: string): string {
  return hash('sha256', json, 'hex');
}
