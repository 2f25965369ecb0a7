import { Malformed } from './malformed.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NOTHING = Buffer.alloc(0);

/** Texts up to this long are looked at byte by byte: for names and small values that beats the decoder's fixed cost several times. */
const SHORT = 64;

/** Decodes UTF-8; anything that isn't is Malformed, never replaced. */
export function decodeUtf8(bytes: Buffer): string {
  if (bytes.length <= SHORT && isAscii(bytes)) return bytes.toString('latin1');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Malformed('text is not valid UTF-8');
  }
}

function isAscii(bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) if ((bytes[index] as number) > 0x7f) return false;
  return true;
}

/** Reads the fields of one frame's body, numbers big-endian; never beyond its end. */
export class ByteReader {
  protected readonly source: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.source = bytes;
    this.#at = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  uint8(): number {
    return this.source.readUInt8(this.advance(1));
  }

  uint16(): number {
    return this.source.readUInt16BE(this.advance(2));
  }

  int32(): number {
    return this.source.readInt32BE(this.advance(4));
  }

  uint32(): number {
    return this.source.readUInt32BE(this.advance(4));
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.advance(length);
    return this.source.subarray(start, start + length);
  }

  /** Raw bytes up to the next NUL, which is consumed. A view, not a copy. */
  cbytes(): Buffer {
    if (this.source[this.#at] === 0 && this.#at < this.#end) {
      this.#at++;
      return NOTHING;
    }
    const nul = this.source.indexOf(0, this.#at);
    if (nul === -1 || nul >= this.#end) throw new Malformed('string without its terminating NUL');
    const view = this.source.subarray(this.#at, nul);
    this.#at = nul + 1;
    return view;
  }

  cstring(): string {
    return decodeUtf8(this.cbytes());
  }

  /** Throws unless all was read: trailing bytes would be somebody's hidden message. */
  finish(): void {
    if (this.#at !== this.#end) throw new Malformed(`${this.#end - this.#at} bytes too many`);
  }

  /** Moves on by `length` bytes; answers with where they start in `source`. */
  protected advance(length: number): number {
    if (length < 0 || length > this.#end - this.#at) throw new Malformed('frame ends before its fields do');
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
