import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalRecord } from './events.ts';
import { firstSequence, HEADER_BYTES, LENGTH_BYTES, MAGIC, MAX_RECORD_BYTES } from './record.ts';

/** A record as it lies in the file. `json` is valid until the next batch is read. */
export interface RawRecord {
  readonly offset: number;
  readonly json: Buffer;
}

/**
 * What follows the last whole record: nothing, the beginning of a record that was never finished (`torn`), or
 * something no writer leaves behind (`damaged`).
 */
export interface Tail {
  readonly offset: number;
  readonly bytes: number;
  readonly state: 'clean' | 'torn' | 'damaged';
}

export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  /** Sequence number of its first record, by its name. */
  readonly first: number;
}

const CHUNK = 1 << 18;

/** In order. Other files in the directory don't matter. */
export async function segmentsOf(dir: string): Promise<SegmentFile[]> {
  const found: SegmentFile[] = [];
  for (const name of await readdir(dir)) {
    const first = firstSequence(name);
    if (first !== undefined) found.push({ name, path: join(dir, name), first });
  }
  return found.toSorted((a, b) => a.first - b.first);
}

/** Of a file that isn't there, and not of its directory. */
export const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'syscall' in error && error.syscall !== 'scandir';

/** Reads one segment forward, a batch of whole records at a time; what is appended meanwhile is found by asking again. */
export class SegmentScan {
  readonly #file: FileHandle;
  #buffer = Buffer.allocUnsafe(CHUNK);
  /** Unread bytes of the buffer, and where in the file the first of them lies. */
  #start = 0;
  #end = 0;
  #offset = 0;
  #headed = false;
  #seed: Buffer | undefined;

  /** @param offset of a record; without it, the segment from its beginning. */
  static async open(path: string, offset = 0): Promise<SegmentScan> {
    return new SegmentScan(await open(path, 'r'), offset);
  }

  /** Undefined when the segment was retired since it was listed. */
  static async openIfThere(path: string): Promise<SegmentScan | undefined> {
    try {
      return await SegmentScan.open(path);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  private constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
    this.#headed = offset > 0;
  }

  /** Empty when no further whole record is there (yet). */
  async batch(): Promise<RawRecord[]> {
    for (;;) {
      const read = await this.#fill();
      const records = this.#headed || this.#header() ? this.#records() : [];
      if (records.length > 0) return records;
      if (read === 0) break;
    }
    // Whoever is writing it may yet take it back: it's read anew the next time.
    this.#end = this.#start;
    return [];
  }

  /** Of its salts; undefined until its header was read, which isn't where it was opened behind. */
  get seed(): Buffer | undefined {
    return this.#seed;
  }

  async tail(): Promise<Tail> {
    while ((await this.#fill()) > 0);
    const rest = this.#buffer.subarray(this.#start, this.#end);
    const state = rest.length === 0 && this.#headed ? 'clean' : this.#torn(rest) ? 'torn' : 'damaged';
    return { offset: this.#offset, bytes: rest.length, state };
  }

  /** Milliseconds since 1970, by the file. */
  async writtenAt(): Promise<number> {
    return (await this.#file.stat()).mtimeMs;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #fill(): Promise<number> {
    const unread = this.#end - this.#start;
    if (unread > this.#buffer.length / 2) {
      const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
    } else {
      this.#buffer.copy(this.#buffer, 0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = unread;
    const { bytesRead } = await this.#file.read(this.#buffer, unread, this.#buffer.length - unread, this.#offset + unread);
    this.#end += bytesRead;
    return bytesRead;
  }

  #header(): boolean {
    if (this.#end - this.#start < HEADER_BYTES) return false;
    const header = this.#buffer.subarray(this.#start, this.#start + HEADER_BYTES);
    if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return false;
    this.#headed = true;
    this.#seed = Buffer.from(header.subarray(MAGIC.length));
    this.#take(HEADER_BYTES);
    return true;
  }

  #records(): RawRecord[] {
    const records: RawRecord[] = [];
    for (;;) {
      if (this.#end - this.#start < LENGTH_BYTES) return records;
      const length = this.#buffer.readUInt32BE(this.#start);
      if (length === 0 || length > MAX_RECORD_BYTES || this.#end - this.#start < LENGTH_BYTES + length) return records;
      const from = this.#start + LENGTH_BYTES;
      records.push({ offset: this.#offset, json: this.#buffer.subarray(from, from + length) });
      this.#take(LENGTH_BYTES + length);
    }
  }

  #take(bytes: number): void {
    this.#start += bytes;
    this.#offset += bytes;
  }

  /**
   * A record cut short is text without control bytes, perhaps followed by zeros where the disk had no time. A changed
   * length would reach into the next record's length, whose first byte is a control byte, and so can't pass for a cut.
   */
  #torn(rest: Buffer): boolean {
    if (!this.#headed) return rest.length < HEADER_BYTES && MAGIC.subarray(0, rest.length).equals(rest.subarray(0, MAGIC.length));
    const text = withoutTrailingZeros(rest.subarray(LENGTH_BYTES));
    if (text.length === 0) return true;
    const length = rest.readUInt32BE(0);
    return length <= MAX_RECORD_BYTES && length > rest.length - LENGTH_BYTES && text.every((byte) => byte >= 0x20);
  }
}

function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

export interface ParsedRecord extends JournalRecord {
  readonly previous: string;
}

/** How many sequence numbers the record takes. */
export const numbersOf = ({ event }: JournalRecord): number => (event.kind === 'statements' ? event.ran.length : 1);

/** At least one: a record that counts for none would let a number be used twice. */
const tuples = (list: unknown): boolean => Array.isArray(list) && list.length > 0 && list.every(Array.isArray);

/** The record, or undefined when it isn't one. Event fields are as they were written: references aren't followed. */
export function parseRecord(json: Buffer): ParsedRecord | undefined {
  try {
    const record = JSON.parse(json.toString()) as ParsedRecord;
    const whole = typeof record.sequence === 'number' && typeof record.time === 'string' && typeof record.previous === 'string'
      && typeof record.event === 'object' && record.event !== null && typeof record.event.kind === 'string'
      && (record.event.kind !== 'statements' || tuples(record.event.ran)) && (record.event.kind !== 'outcomes' || tuples(record.event.ended));
    return whole ? record : undefined;
  } catch {
    return undefined;
  }
}
