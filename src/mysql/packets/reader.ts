import { Malformed } from '../../framing/malformed.ts';
import { ByteReader, decodeUtf8 } from '../../framing/reader.ts';

/**
 * Reads the fields of one payload: int<n> little-endian, length-encoded integers and strings.
 * MySQL documentation, "Protocol Basics: Data Types"; server: mysys/pack.cc net_field_length.
 */
export class PacketReader extends ByteReader {
  int1(): number {
    return this.uint8();
  }

  int2(): number {
    return this.source.readUInt16LE(this.advance(2));
  }

  int3(): number {
    return this.source.readUIntLE(this.advance(3), 3);
  }

  int4(): number {
    return this.source.readUInt32LE(this.advance(4));
  }

  int8(): bigint {
    return this.source.readBigUInt64LE(this.advance(8));
  }

  /** The next byte, which stays; undefined at the end. */
  peek(): number | undefined {
    return this.remaining === 0 ? undefined : this.source[this.advance(0)];
  }

  skip(bytes: number): void {
    this.advance(bytes);
  }

  /** A length or a count: never over 2^53. Throws Malformed for NULL (0xfb) and 0xff, which begin no integer. */
  lenencInt(): number {
    const first = this.int1();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.int2();
    if (first === 0xfd) return this.int3();
    if (first !== 0xfe) throw new Malformed(`0x${first.toString(16)} begins no length-encoded integer`);
    const value = Number(this.int8());
    if (!Number.isSafeInteger(value)) throw new Malformed('a length-encoded integer is over 2^53');
    return value;
  }

  /** A value that may use all of its 64 bits: a row count, an id. */
  lenencBigInt(): bigint {
    return this.peek() === 0xfe ? (this.skip(1), this.int8()) : BigInt(this.lenencInt());
  }

  /** A view, not a copy. */
  lenencBytes(): Buffer {
    return this.bytes(this.lenencInt());
  }

  /** A value of a text row; null for NULL. A view, not a copy. */
  lenencBytesOrNull(): Buffer | null {
    if (this.peek() !== 0xfb) return this.lenencBytes();
    this.skip(1);
    return null;
  }

  /** UTF-8; anything else is Malformed. */
  lenencString(): string {
    return decodeUtf8(this.lenencBytes());
  }

  /** string<EOF>: all that is left. A view, not a copy. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }
}
