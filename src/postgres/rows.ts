/** Rows, and COPY data, on their way to the client: whole runs as they came, but for what of them is masked, searched, or counted. */

import type { Slices } from '../framing/slices.ts';
import type { Tally } from '../masking/detectors/tally.ts';
import { Refused } from '../protocol/refusal.ts';
import { looksAt, takesRow } from '../protocol/statement.ts';
import { maskRows } from './cells.ts';
import { CopyOut } from './copy-out.ts';
import { type Expected, isRunning, type Running, unexpected } from './expected.ts';
import { Backend, HEADER_BYTES, wholeSize } from './messages/frame.ts';
import type { OriginNet, Origins } from './origins.ts';

export interface RowsParts {
  readonly limits: { readonly messageBytes: number };
  readonly net: OriginNet;
  readonly out: Slices;
  readonly tally: Tally;
  /** The row that has come isn't taken. */
  stop(): void;
}

export class Rows {
  readonly #parts: RowsParts;
  readonly #limit: number;
  readonly #out: Slices;

  constructor(parts: RowsParts) {
    this.#parts = parts;
    this.#limit = parts.limits.messageBytes;
    this.#out = parts.out;
  }

  /** Is it a row that must be seen whole, since something of it is masked, or looked for in it? */
  changes(head: Expected | undefined, bytes: Buffer, at: number, size: number): boolean {
    if (!isRunning(head) || this.#netOf(head, bytes[at]) === undefined) return false;
    if (size <= this.#limit) return true;
    throw new Refused({
      code: 'too_large', message: `a row of ${size} bytes, of which something is masked or searched, is over the limit of ${this.#limit} bytes`, detail: { limit: 'limits.message', bytes: this.#limit },
      hint: 'Select less of it, or raise limits.message in the proxy\'s configuration.',
    });
  }

  /** One that was to be seen whole. */
  row(head: Expected | undefined, bytes: Buffer, start: number, end: number): void {
    const type = bytes[start] as number;
    if (!isRunning(head)) throw unexpected(type, head);
    if (this.#waits(head)) return;
    if (type === Backend.DataRow) head.progress.rows++;
    this.#changed(head, this.#netOf(head, type) as Origins | CopyOut, bytes, start, end);
  }

  /** A piece of any other. */
  piece(head: Expected | undefined, bytes: Buffer, start: number, end: number, first: boolean): void {
    if (!isRunning(head)) throw unexpected(bytes[start] as number, head);
    if (head.progress.cut !== undefined || (first && this.#waits(head))) return;
    if (first && bytes[start] === Backend.DataRow) head.progress.rows++;
    head.progress.bytes += end - start;
    this.#out.range(bytes, start, end);
  }

  /** One after the other. @returns where those end that were taken */
  run(head: Expected | undefined, bytes: Buffer, start: number): number {
    const type = bytes[start];
    if ((type !== Backend.DataRow && type !== Backend.CopyData) || !isRunning(head)) return start;
    const { statement: { meter }, progress } = head;
    const most = meter === undefined || progress.cut !== undefined ? Infinity : meter.left;
    let end = start;
    let count = 0;
    while (count < most && bytes.length - end >= HEADER_BYTES && bytes[end] === type) {
      const next = end + wholeSize(bytes, end);
      if (next > bytes.length) break;
      end = next;
      count++;
    }
    if (count === 0 || progress.cut !== undefined) return end;
    const net = this.#netOf(head, type);
    if (net !== undefined && end - start > this.#limit) return start; // one of them may be over it: each by itself
    if (meter !== undefined) meter.left -= count;
    if (type === Backend.DataRow) progress.rows += count;
    if (net !== undefined) this.#changed(head, net, bytes, start, end);
    else {
      progress.bytes += end - start;
      this.#out.range(bytes, start, end);
    }
    return end;
  }

  /** Must this row wait? */
  #waits({ statement: { meter } }: Running): boolean {
    if (meter === undefined || takesRow(meter)) return false;
    this.#parts.stop();
    return true;
  }

  /** Of the row that is coming, where something of it is masked or looked for. */
  #netOf(head: Running, type: number | undefined): Origins | CopyOut | undefined {
    if (head.progress.cut !== undefined) return undefined;
    if (type === Backend.CopyData) return head.progress.copyOut;
    if (type !== Backend.DataRow || !looksAt(head.statement)) return undefined;
    const origins = this.#parts.net.ofRow(head);
    return origins === undefined || origins.masked.length === 0 ? undefined : origins;
  }

  #changed(head: Running, net: Origins | CopyOut, bytes: Buffer, start: number, end: number): void {
    const { tally } = this.#parts;
    const rows = net instanceof CopyOut ? net.rewritten(bytes, start, end, tally) : maskRows(bytes, start, end, net, tally);
    head.progress.bytes += rows.length;
    this.#out.add(rows);
  }
}
