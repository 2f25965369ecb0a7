import { randomBytes } from 'node:crypto';
import type { Entry } from './backlog.ts';
import { Commitments, ranAlone, Salts } from './commitments.ts';
import { HEADER_BYTES, LENGTH_BYTES, MAGIC, MAX_RECORD_BYTES, recordHash, recordJson, SEED_BYTES } from './record.ts';
import type { Head } from './record.ts';

const USUAL_BYTES = 1 << 20;
/** A `statements` record that has come to this many UTF-16 units takes no more. */
const RUN_CHARS = 1 << 16;

/** Chains records onto a head and lays them out for one write. Reused for every batch; keeps at most 1 MiB between them. */
export class Encoder {
  #buffer = Buffer.allocUnsafe(USUAL_BYTES);
  #length = 0;
  #head: Head = { sequence: 0, hash: '' };
  #commitments = new Commitments(new Salts(Buffer.alloc(0)));
  /** Entries of the `statements` record under way, and their length. */
  #ran: string[] = [];
  #ranChars = 0;
  #ranTime = '';

  /** @param commitments of the segment so far; undefined: a new one, whose header comes first. */
  begin(head: Head, commitments: Commitments | undefined): void {
    if (this.#buffer.length > USUAL_BYTES) this.#buffer = Buffer.allocUnsafe(USUAL_BYTES);
    this.#head = head;
    this.#length = 0;
    this.#commitments = commitments?.copy() ?? this.#header();
    this.#ran = [];
    this.#ranChars = 0;
  }

  #header(): Commitments {
    const seed = randomBytes(SEED_BYTES);
    MAGIC.copy(this.#buffer);
    seed.copy(this.#buffer, MAGIC.length);
    this.#length = HEADER_BYTES;
    return new Commitments(new Salts(seed));
  }

  /** Those that `ran` one after another become one record. */
  add({ json, time, ran, leaves }: Pick<Entry, 'json' | 'time' | 'ran' | 'leaves'>): void {
    if (ran === undefined) {
      this.end();
      const sequence = this.#head.sequence + 1;
      for (const event of leaves ?? [json]) this.#commitments.add({ event, sequence, time });
      this.#record(json, time, 1);
      return;
    }
    if (this.#ran.length > 0 && (this.#ranTime !== time || this.#ranChars > RUN_CHARS)) this.end();
    this.#ran.push(json);
    this.#ranChars += json.length;
    this.#ranTime = time;
  }

  /** A checkpoint over all that was added; after `end`. @param event canonical JSON */
  seal(event: string, time: string): void {
    this.#record(event, time, 1);
    this.#commitments.signed();
  }

  /** Nothing more is to come, for now. */
  end(): void {
    const ran = this.#ran;
    if (ran.length === 0) return;
    const first = this.#head.sequence + 1;
    for (const [index, entry] of ran.entries()) this.#commitments.add({ event: ranAlone(entry), sequence: first + index, time: this.#ranTime });
    this.#record(ranAlone(ran.join(',')), this.#ranTime, ran.length);
    this.#ran = [];
    this.#ranChars = 0;
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

  /** Of the segment, with what was added. */
  get commitments(): Commitments {
    return this.#commitments;
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
