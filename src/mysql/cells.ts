/** Rows of either form, with other values in some of their columns: one pass over the bytes, which are copied but for those values. */

import { Refused } from '../protocol/refusal.ts';

/** What is sent in the place of a value; null is NULL. */
export type Cell = (value: Buffer | null) => Buffer | null;

/** The value `bytes[start, end)` without what is found in it; undefined: nothing is. */
export type Search = (bytes: Buffer, start: number, end: number) => Buffer | undefined;

export interface NetColumn {
  /** enum_field_types. */
  readonly type: number;
  /** Undefined: the value goes on as it came, but for what `search` finds in it. */
  readonly cell: Cell | undefined;
  readonly search?: Search | undefined;
}

/** Where a row is written to: its bytes go to the client and aren't touched again. */
export interface RowOutput {
  copy(bytes: Buffer, start: number, end: number): void;
  /** @param lengthBytes 0: nothing stands before it; 1: an int<1>; -1: a length-encoded integer */
  value(bytes: Buffer, lengthBytes: 0 | 1 | -1): void;
  int1(value: number): void;
  /** Offset within the row of what is written next. */
  readonly offset: number;
  /** Sets or clears bits of the byte at an offset within the row. */
  bits(offset: number, mask: number, set: boolean): void;
}

/** How values of a type stand in a binary row: so many bytes; or with a length in front (server: Protocol_binary::store_…). */
const LENENC = 0;
const TEMPORAL = -1;
const NOTHING = -2;
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [1, 1], [2, 2], [13, 2], [3, 4], [9, 4], [4, 4], [8, 8], [5, 8], [6, NOTHING], [7, TEMPORAL], [10, TEMPORAL], [11, TEMPORAL], [12, TEMPORAL],
  ...[0, 15, 16, 242, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255].map((type) => [type, LENENC] as const),
]);
/** Bytes that a moment or a duration may have. */
const TEMPORAL_BYTES: ReadonlySet<number> = new Set([0, 4, 7, 8, 11, 12]);

const NULL = 0xfb;

export class RowNet {
  readonly #columns: number;
  readonly #binary: boolean;
  /** Up to the last one that is changed: what stands behind it goes on as it came. */
  readonly #changes: readonly NetColumn[];
  readonly #widths: readonly number[];

  /** Throws Refused when a value can't be found in rows of these columns. */
  constructor(columns: readonly NetColumn[], binary: boolean) {
    const changed = columns.slice(0, columns.findLastIndex(changes) + 1);
    this.#columns = columns.length;
    this.#binary = binary;
    this.#changes = changed;
    this.#widths = binary ? changed.map(({ type }) => widthOf(type)) : [];
  }

  /** Writes the row whose payload is `bytes[start, end)`. Throws Refused when it doesn't have the form that its columns tell. */
  write(bytes: Buffer, start: number, end: number, output: RowOutput): void {
    if (this.#binary) this.#writeBinary(bytes, start, end, output);
    else this.#writeText(bytes, start, end, output);
  }

  #writeText(bytes: Buffer, start: number, end: number, output: RowOutput): void {
    const columns = this.#changes;
    let copied = start;
    let at = start;
    for (let index = 0; index < columns.length; index++) {
      const isNull = bytes[at] === NULL;
      const from = isNull ? at + 1 : behindLength(bytes, at, end);
      const to = isNull ? from : from + lengthAt(bytes, at);
      if (to > end) throw unfollowed();
      const value = changed(columns[index] as NetColumn, bytes, from, to, isNull);
      if (value !== undefined) {
        output.copy(bytes, copied, at);
        if (value === null) output.int1(NULL);
        else output.value(value, -1);
        copied = to;
      }
      at = to;
    }
    output.copy(bytes, copied, end);
  }

  /** int<1> 0, the NULL bitmap, whose first two bits are no column's, and the values that aren't NULL. */
  #writeBinary(bytes: Buffer, start: number, end: number, output: RowOutput): void {
    const columns = this.#changes;
    const values = start + 1 + ((this.#columns + 9) >> 3);
    if (values > end || bytes[start] !== 0) throw unfollowed();
    const bitmap = output.offset + 1;
    let copied = start;
    let at = values;
    for (let index = 0; index < columns.length; index++) {
      const width = this.#widths[index] as number;
      const bit = index + 2;
      const mask = 1 << (bit & 7);
      const isNull = ((bytes[start + 1 + (bit >> 3)] as number) & mask) !== 0 || width === NOTHING;
      const from = isNull || width > 0 ? at : behindLength(bytes, at, end);
      const to = isNull ? at : from + (width > 0 ? width : lengthAt(bytes, at));
      if (to > end) throw unfollowed();
      const value = changed(columns[index] as NetColumn, bytes, from, to, isNull);
      if (value !== undefined) {
        output.copy(bytes, copied, at);
        const fits = value !== null && fitsWidth(value.length, width);
        if (fits) output.value(value, width > 0 ? 0 : width === TEMPORAL ? 1 : -1);
        output.bits(bitmap + (bit >> 3), mask, !fits);
        copied = to;
      }
      at = to;
    }
    output.copy(bytes, copied, end);
  }
}

export const changes = ({ cell, search }: NetColumn): boolean => cell !== undefined || search !== undefined;

/** Undefined: it goes on as it came. */
function changed({ cell, search }: NetColumn, bytes: Buffer, start: number, end: number, isNull: boolean): Buffer | null | undefined {
  if (cell !== undefined) return cell(isNull ? null : bytes.subarray(start, end));
  return isNull ? undefined : search?.(bytes, start, end);
}

function widthOf(type: number): number {
  const width = WIDTHS.get(type);
  if (width === undefined) throw unfollowed();
  return width;
}

function fitsWidth(length: number, width: number): boolean {
  if (width === NOTHING) return false;
  return width > 0 ? length === width : width === LENENC || TEMPORAL_BYTES.has(length);
}

/** Where the value begins whose length-encoded length stands here. */
function behindLength(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] as number;
  const from = at + (first < NULL ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : first === 0xfe ? 9 : Infinity);
  if (from > end) throw unfollowed();
  return from;
}

/** By hand, since it is done for each value. All of its bytes are there. */
function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < NULL) return first;
  if (first === 0xfc) return bytes.readUInt16LE(at + 1);
  if (first === 0xfd) return bytes.readUIntLE(at + 1, 3);
  return Number(bytes.readBigUInt64LE(at + 1));
}

export function unfollowed(): Refused {
  return new Refused({
    code: 'mask_unsupported', message: 'the database sent rows with masked columns in a form that can\'t be followed',
    hint: 'Name the columns you need, without those that are masked.',
  });
}
