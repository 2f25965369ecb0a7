/** Masks single values in rows, and what is found in them. */

import { maskCell } from '../masking/cells.ts';
import type { Tally } from '../masking/detectors/tally.ts';
import { Malformed } from '../framing/malformed.ts';
import { HEADER_BYTES, wholeSize } from './messages/frame.ts';
import { type NetField, type Origins, unfollowed } from './origins.ts';
import { searched } from './searched.ts';

/**
 * The DataRow messages of `bytes[start, end)`, which are whole, with the values of masked columns masked; all else byte by byte as it came.
 * @param tally of what is found in values
 * DataRow: Byte1('D') Int32 Int16 (Int32 Byten)[n].
 */
export function maskRows(bytes: Buffer, start: number, end: number, { columns, masked }: Origins, tally: Tally): Buffer {
  const out = new Output(end - start);
  for (let at = start; at < end;) {
    const next = at + wholeSize(bytes, at);
    maskRow(bytes, at, next, columns, masked, out, tally);
    at = next;
  }
  return out.taken();
}

function maskRow(bytes: Buffer, start: number, end: number, columns: number, masked: readonly NetField[], out: Output, tally: Tally): void {
  let at = start + HEADER_BYTES + 2;
  if (at > end || ((bytes[at - 2] as number) << 8 | (bytes[at - 1] as number)) !== columns) throw unfollowed('rows of another shape than it had described');
  const row = out.length;
  let copied = start;
  let index = 0;
  for (const field of masked) {
    for (; index < field.index; index++) at = pastValue(bytes, at, end);
    const after = pastValue(bytes, at, end);
    const value = field.column === undefined
      ? searched(field.finder, field.form, bytes, at + 4, after, tally)
      : maskCell(field.column, int32(bytes, at) < 0 ? null : bytes.subarray(at + 4, after), field.format, 'postgres');
    copied = out.put(bytes, copied, at, after, value);
    at = after;
    index++;
  }
  out.copy(bytes, copied, end);
  out.setLength(row);
}

/** Where the value whose length stands at `at` ends. */
export function pastValue(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new Malformed('a row ends before its values do');
  const length = int32(bytes, at);
  const after = at + 4 + (length < 0 ? 0 : length);
  if (length < -1 || after > end) throw new Malformed('a row ends before its values do');
  return after;
}

/** By hand: rows come by the million, and bounds are checked already. */
const int32 = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);

/** Bytes up to which a loop beats a call of copy. */
const SHORT = 48;

/** A buffer that grows. */
export class Output {
  #bytes: Buffer;
  length = 0;

  constructor(estimate: number) {
    this.#bytes = Buffer.allocUnsafe(estimate + (estimate >> 3) + 64);
  }

  copy(from: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    const bytes = this.#bytes;
    if (size > SHORT) from.copy(bytes, this.length, start, end);
    else for (let at = start, to = this.length; at < end; at++, to++) bytes[to] = from[at] as number;
    this.length += size;
  }

  /** With its length before it. */
  value(value: Buffer | null): void {
    this.#reserve(4);
    this.#int32(this.length, value === null ? -1 : value.length);
    this.length += 4;
    if (value !== null) this.copy(value, 0, value.length);
  }

  /**
   * `value` in the place of `from[at, after)`, behind what stands from `copied` on; undefined: it stays as it came, for now uncopied.
   * @returns up to where `from` is copied
   */
  put(from: Buffer, copied: number, at: number, after: number, value: Buffer | null | undefined): number {
    if (value === undefined) return copied;
    this.copy(from, copied, at);
    this.value(value);
    return after;
  }

  /** Of the message that begins at `at` and ends here. */
  setLength(at: number): void {
    this.#int32(at + 1, this.length - at - 1);
  }

  taken(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #int32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe((this.length + size) * 2);
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
