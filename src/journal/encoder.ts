import { HEADER, LENGTH_BYTES, MAX_RECORD_BYTES, recordHash, recordJson } from './record.ts';
import type { Head } from './record.ts';

const USUAL_BYTES = 1 << 20;

/** Chains records onto a head and lays them out for one write. Reused for every batch; keeps at most 1 MiB between them. */
export class Encoder {
  #buffer = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;
  #head: Head = { sequence: 0, hash: '' };

  /** @param fresh a new segment: its header comes first. */
  begin(head: Head, fresh: boolean): void {
    if (this.#buffer.length > USUAL_BYTES) this.#buffer = Buffer.allocUnsafe(USUAL_BYTES);
    this.#head = head;
    this.#length = fresh ? HEADER.copy(this.#buffer) : 0;
  }

  /** @param event canonical JSON. */
  add(event: string, time: string): void {
    const sequence = this.#head.sequence + 1;
    const json = recordJson(event, this.#head.hash, sequence, time);
    this.#reserve(json);
    const start = this.#length + LENGTH_BYTES;
    const bytes = this.#buffer.write(json, start);
    this.#buffer.writeUInt32BE(bytes, this.#length);
    this.#length = start + bytes;
    this.#head = { sequence, hash: recordHash(json) };
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
