/** COPY data on its way to the client in which something is looked for. Documentation, "COPY", "File Formats": the server sends each row as one message. */

import type { Finder } from '../masking/detectors/finder.ts';
import type { Tally } from '../masking/detectors/tally.ts';
import { Output, pastValue } from './cells.ts';
import { HEADER_BYTES, wholeSize } from './messages/frame.ts';
import { unfollowed } from './origins.ts';
import { searched, unknownForm } from './searched.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, length of the extension. */
const HEADER = SIGNATURE.length + 8;
const TRAILER = -1;

export class CopyOut {
  readonly #finder: Finder;
  readonly #binary: boolean;
  /** Is the header of the binary format still to come? */
  #begins: boolean;

  /** @param bytes CopyOutResponse: Byte1('H') Int32 Int8 (0 text, 1 binary) … */
  constructor(finder: Finder, bytes: Buffer, start: number) {
    this.#finder = finder;
    this.#binary = bytes[start + HEADER_BYTES] !== 0;
    this.#begins = this.#binary;
  }

  /** The CopyData messages of `bytes[start, end)`, which are whole. */
  rewritten(bytes: Buffer, start: number, end: number, tally: Tally): Buffer {
    const out = new Output(end - start);
    for (let at = start; at < end;) {
      const next = at + wholeSize(bytes, at);
      const message = out.length;
      if (this.#binary) this.#rows(bytes, at, next, out, tally);
      else this.#line(bytes, at, next, out, tally);
      out.setLength(message);
      at = next;
    }
    return out.taken();
  }

  #line(bytes: Buffer, start: number, end: number, out: Output, tally: Tally): void {
    const line = this.#finder.replaced(bytes, start + HEADER_BYTES, end, 'escaped', tally);
    if (line === undefined) return out.copy(bytes, start, end);
    out.copy(bytes, start, start + HEADER_BYTES);
    out.copy(line, 0, line.length);
  }

  /** Int16 of how many fields, and each with its length; -1 at the end. */
  #rows(bytes: Buffer, start: number, end: number, out: Output, tally: Tally): void {
    let at = start + HEADER_BYTES;
    if (this.#begins) {
      at += HEADER;
      if (at > end || !bytes.subarray(start + HEADER_BYTES).subarray(0, SIGNATURE.length).equals(SIGNATURE) || bytes.readInt32BE(at - 8) !== 0 || bytes.readInt32BE(at - 4) !== 0) throw unfollowed('COPY data in another form than its documentation\'s');
      this.#begins = false;
    }
    let copied = start;
    while (at < end) {
      if (at + 2 > end) throw unfollowed('COPY data that ends within a row');
      let fields = bytes.readInt16BE(at);
      if (fields < TRAILER || (fields === TRAILER && at + 2 !== end)) throw unfollowed('COPY data in another form than its documentation\'s');
      for (at += 2; fields > 0; fields--) {
        const after = pastValue(bytes, at, end);
        const value = searched(this.#finder, unknownForm(bytes, at + 4), bytes, at + 4, after, tally);
        copied = out.put(bytes, copied, at, after, value);
        at = after;
      }
    }
    out.copy(bytes, copied, end);
  }
}

