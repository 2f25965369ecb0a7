/** Rows on their way to the client with masks in them: collected where they come in pieces, written anew, numbered as the client counts. */

import type { Slices } from '../framing/slices.ts';
import { Refused } from '../protocol/refusal.ts';
import type { RowNet, RowOutput } from './cells.ts';
import type { Numbering, Progress } from './expected.ts';
import { Header, HEADER_BYTES, MAX_PAYLOAD, packetCount, packets, payloadBytes, sequenceOf } from './packets/frame.ts';

/** Rows are written into blocks, which are never written to again: small ones first, since most results are. Bytes. */
const FIRST_BLOCK = 4 * 1024;
const LARGEST_BLOCK = 256 * 1024;
/** Room for what a value may need beside its bytes. */
const LENGTH_BYTES = 9;
/** Copied by hand up to here: a call costs more. */
const FEW = 24;

export class MaskedRows {
  readonly #toClient: Slices;
  readonly #limit: number;
  readonly #block = new Block();
  /** Payloads of a row's packets, the last of which hasn't come. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Sequence id of its first packet. */
  #first = 0;

  /** @param limit largest row that is collected, bytes */
  constructor(toClient: Slices, limit: number) {
    this.#toClient = toClient;
    this.#limit = limit;
  }

  /** Is a packet of this size still one that can be collected? Throws Refused when it isn't. */
  mayTake(payload: number, head: Numbering): void {
    const size = this.#partBytes + payload;
    if (size <= this.#limit) return;
    if (this.#partBytes > 0) head.sequence = this.#first;
    throw new Refused({
      code: 'too_large', message: `a row of ${size} bytes or more has masked columns, and is over the limit of ${this.#limit} bytes`, detail: { limit: 'limits.message', bytes: this.#limit },
      hint: 'Select fewer or shorter columns, or raise limits.message in the proxy\'s configuration.',
    });
  }

  /** See Replies: rows that lie whole in the bytes. @param longest payload, bytes; @param most rows */
  run(net: RowNet, head: Numbering & { readonly progress: Progress }, bytes: Buffer, start: number, { longest, most }: { readonly longest: number; readonly most: number }): number {
    let end = start;
    const last = head.progress.rows + most;
    while (head.progress.rows < last && bytes.length - end > HEADER_BYTES) {
      const payload = payloadBytes(bytes, end);
      const next = end + HEADER_BYTES + payload;
      if (payload === 0 || payload > longest || next > bytes.length || bytes[end + 3] !== head.sequence || (bytes[end + HEADER_BYTES] as number) >= Header.Eof) break;
      this.#write(net, head, bytes, end + HEADER_BYTES, next, head.sequence, 1);
      head.sequence = (head.sequence + 1) & 0xff;
      head.progress.rows++;
      head.progress.bytes += next - end;
      end = next;
    }
    return end;
  }

  /** One packet of a row, `bytes[start, end)`, which is counted already. */
  packet(net: RowNet, head: Numbering, bytes: Buffer, start: number, end: number): void {
    const goesOn = end - start - HEADER_BYTES === MAX_PAYLOAD;
    if (this.#parts.length === 0) this.#first = sequenceOf(bytes, start);
    if (!goesOn && this.#parts.length === 0) {
      return this.#write(net, head, bytes, start + HEADER_BYTES, end, this.#first, 1);
    }
    this.#parts.push(Buffer.from(bytes.subarray(start + HEADER_BYTES, end)));
    this.#partBytes += end - start - HEADER_BYTES;
    if (goesOn) return;
    const whole = Buffer.concat(this.#parts);
    const count = this.#parts.length;
    this.#parts = [];
    this.#partBytes = 0;
    this.#write(net, head, whole, 0, whole.length, this.#first, count);
  }

  /** @param first sequence id of the row's first packet, of `count` */
  #write(net: RowNet, head: Numbering, bytes: Buffer, start: number, end: number, first: number, count: number): void {
    const block = this.#block;
    block.begin(end - start);
    try {
      net.write(bytes, start, end, block);
    } catch (error) {
      // The client doesn't get the row: what it gets instead stands in its place.
      head.sequence = first;
      throw error;
    }
    const sequence = (first + head.shift) & 0xff;
    if (block.payload < MAX_PAYLOAD) {
      block.end(sequence, this.#toClient);
      head.shift -= count - 1;
      return;
    }
    const made = packetCount(block.payload);
    this.#toClient.add(packets(sequence, block.drop()));
    head.shift += made - count;
  }
}

class Block implements RowOutput {
  #bytes: Buffer = Buffer.alloc(0);
  #size = FIRST_BLOCK;
  #start = 0;
  #at = 0;

  get offset(): number {
    return this.#at - this.#start;
  }

  get payload(): number {
    return this.#at - this.#start - HEADER_BYTES;
  }

  /** @param expected bytes the row will have, more or less */
  begin(expected: number): void {
    this.#start = this.#at;
    this.#room(expected + HEADER_BYTES);
    this.#at += HEADER_BYTES;
  }

  end(sequence: number, slices: Slices): void {
    const bytes = this.#bytes;
    const { payload } = this;
    const start = this.#start;
    bytes[start] = payload & 0xff;
    bytes[start + 1] = (payload >> 8) & 0xff;
    bytes[start + 2] = payload >> 16;
    bytes[start + 3] = sequence;
    slices.range(bytes, start, this.#at);
  }

  /** The payload, which isn't kept here; valid until the next row begins. */
  drop(): Buffer {
    const payload = this.#bytes.subarray(this.#start + HEADER_BYTES, this.#at);
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#start = 0;
    return payload;
  }

  copy(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#at + length > this.#bytes.length) this.#room(length);
    const to = this.#bytes;
    let at = this.#at;
    if (length > FEW) bytes.copy(to, at, start, end);
    else for (let from = start; from < end; from++) to[at++] = bytes[from] as number;
    this.#at += length;
  }

  value(bytes: Buffer, lengthBytes: 0 | 1 | -1): void {
    if (this.#at + LENGTH_BYTES > this.#bytes.length) this.#room(LENGTH_BYTES);
    if (lengthBytes === 1) this.int1(bytes.length);
    else if (lengthBytes === -1) this.#length(bytes.length);
    this.copy(bytes, 0, bytes.length);
  }

  int1(value: number): void {
    if (this.#at === this.#bytes.length) this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  bits(offset: number, mask: number, set: boolean): void {
    const at = this.#start + offset;
    const byte = this.#bytes[at] as number;
    this.#bytes[at] = set ? byte | mask : byte & ~mask;
  }

  #length(length: number): void {
    if (length < 0xfb) return this.int1(length);
    const [first, size] = length <= 0xffff ? [0xfc, 2] : length <= 0xff_ffff ? [0xfd, 3] : [0xfe, 6];
    this.int1(first);
    this.#bytes.writeUIntLE(length, this.#at, size);
    this.#at += size;
    if (size === 6) this.#bytes.fill(0, this.#at, this.#at += 2);
  }

  /** Makes room behind what was written of the row, in a new block if need be: the row goes with it. */
  #room(more: number): void {
    const row = this.#at - this.#start;
    if (this.#at + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#size, (row + more) * (row > 0 ? 2 : 1) + LENGTH_BYTES));
    this.#size = Math.min(this.#size * 2, LARGEST_BLOCK);
    this.#bytes.copy(grown, 0, this.#start, this.#at);
    this.#bytes = grown;
    this.#start = 0;
    this.#at = row;
  }
}
