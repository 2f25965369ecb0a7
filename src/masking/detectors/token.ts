/** JSON Web Tokens (RFC 7519): a header that begins with `{"` in base64url (`eyJ`), and two parts or more behind it, with dots between. */

import { byteSet, isIn } from './bytes.ts';

const PART = byteSet('-0-9A-Za-z_');
const DOT = 0x2e;
const LEAST_HEADER = 8;
const LEAST_PAYLOAD = 8;

/** The end of a run of such bytes is remembered: many beginnings may lie in one run. */
class Runs {
  readonly #value: Buffer;
  #end = 0;
  #start = 0;

  constructor(value: Buffer) {
    this.#value = value;
  }

  endFrom(at: number): number {
    if (at >= this.#start && at < this.#end) return this.#end;
    let end = at;
    while (isIn(PART, this.#value[end])) end++;
    this.#start = at;
    this.#end = end;
    return end;
  }
}

export class TokenSearch {
  readonly #value: Buffer;
  readonly #headers: Runs;
  readonly #payloads: Runs;

  constructor(value: Buffer) {
    this.#value = value;
    this.#headers = new Runs(value);
    this.#payloads = new Runs(value);
  }

  /** Of the token that begins at `at`; -1: none does. */
  endOf(at: number): number {
    const value = this.#value;
    if (value[at] !== 0x65 || value[at + 1] !== 0x79 || value[at + 2] !== 0x4a) return -1;
    const header = this.#headers.endFrom(at);
    if (header - at < LEAST_HEADER || value[header] !== DOT) return -1;
    const payload = this.#payloads.endFrom(header + 1);
    if (payload - header - 1 < LEAST_PAYLOAD || value[payload] !== DOT) return -1;
    let end = payload;
    // A signature, or the three parts more of an encrypted one; without either the dot at its end belongs to it.
    while (value[end] === DOT && isIn(PART, value[end + 1])) {
      end++;
      while (isIn(PART, value[end])) end++;
    }
    return end === payload ? payload + 1 : end;
  }
}
