import type { Entry } from './backlog.ts';
import { HEADER, LENGTH_BYTES, MAX_RECORD_BYTES, recordHash, recordJson } from './record.ts';
import type { Head } from './record.ts';

const USUAL_BYTES = 1 << 20;
/** A `statements` record that has come to this many UTF-16 units takes no more. */
const RUN_CHARS = 1 << 16;

/** Chains records onto a head and lays them out for one write. Reused for every batch; keeps at most 1 MiB between them. */
export class Encoder {
  #buffer = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;
  #head: Head = { sequence: 0, hash: '' };
  /** Entries of the `statements` record under way. */
  #ran = '';
  #ranCount = 0;
  #ranTime = '';

  /** @param fresh a new segment: its header comes first. */
  begin(head: Head, fresh: boolean): void {
    if (this.#buffer.length > USUAL_BYTES) this.#buffer = Buffer.allocUnsafe(USUAL_BYTES);
    this.#head = head;
    this.#length = fresh ? HEADER.copy(this.#buffer) : 0;
    this.#ran = '';
    this.#ranCount = 0;
  }

  /** Those that `ran` one after another become one record. */
  add({ json, time, ran }: Pick<Entry, 'json' | 'time' | 'ran'>): void {
    if (ran === undefined) {
      this.end();
      this.#record(json, time, 1);
      return;
    }
    if (this.#ranCount > 0 && (this.#ranTime !== time || this.#ran.length > RUN_CHARS)) this.end();
    this.#ran = this.#ranCount === 0 ? json : `${this.#ran},${json}`;
    this.#ranTime = time;
    this.#ranCount++;
  }

  /** Nothing more is to come, for now. */
  end(): void {
    if (this.#ranCount === 0) return;
    this.#record(`{"kind":"statements","ran":[${this.#ran}]}`, this.#ranTime, this.#ranCount);
    this.#ran = '';
    this.#ranCount = 0;
  }

  /** @param numbers how many sequence numbers the record takes: one, or one a statement in it */
  #record(event: string, time: string, numbers: number): void {
    const sequence = this.#head.sequence + 1;
    const json = recordJson(event, this.#head.hash, sequence, time);
    this.#reserve(json);
    const start = this.#length + LENGTH_BYTES;
    const bytes = this.#buffer.write(json, start);
    this.#buffer.writeUInt32BE(bytes, this.#length);
    this.#length = start + bytes;
    this.#head = { sequence: this.#head.sequence + numbers, hash: recordHash(this.#buffer.subarray(start, start + bytes)) };
  }

  get head(): Head {
    return this.#head;
  }

  /** Valid until the next `begin`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(json: string): void {
    // UTF-8 takes at most three bytes per UTF-16 unit; the exact count is only worth it when that doesn't fit.
    if (this.#buffer.length - this.#length >= json.length * 3 + LENGTH_BYTES) return;
    const bytes = Buffer.byteLength(json);
    if (bytes > MAX_RECORD_BYTES) throw new RangeError('a record can hold no more than 512 MiB');
    const needed = this.#length + LENGTH_BYTES + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
