/** Builds payloads: int<n> little-endian, length-encoded integers and strings, as `PacketReader` reads them. */
export class PacketWriter {
  #bytes: Buffer;
  #at = 0;

  /** @param size bytes to start with; it grows */
  constructor(size = 64) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  int1(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  int2(value: number): this {
    const at = this.#grow(2);
    this.#bytes.writeUInt16LE(value, at);
    return this;
  }

  int3(value: number): this {
    const at = this.#grow(3);
    this.#bytes.writeUIntLE(value, at, 3);
    return this;
  }

  int4(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32LE(value, at);
    return this;
  }

  int8(value: bigint): this {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64LE(value, at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
    return this;
  }

  /** Takes the bytes (or the text as UTF-8) as they are. */
  put(bytes: Uint8Array | string): this {
    const from = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
    const at = this.#grow(from.length);
    this.#bytes.set(from, at);
    return this;
  }

  /** string<NUL>. A NUL inside would end it early: it is left out. */
  cstring(text: string): this {
    return this.put(text.replaceAll('\0', '')).int1(0);
  }

  lenencInt(value: number | bigint): this {
    if (value < 0xfb) return this.int1(Number(value));
    if (value <= 0xffff) return this.int1(0xfc).int2(Number(value));
    if (value <= 0xff_ffff) return this.int1(0xfd).int3(Number(value));
    return this.int1(0xfe).int8(BigInt(value));
  }

  lenencString(bytes: Uint8Array | string): this {
    const from = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
    return this.lenencInt(from.length).put(from);
  }

  /** What was written. The writer must not be used afterwards. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #grow(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#at, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return at;
  }
}
