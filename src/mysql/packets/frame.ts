import { Malformed } from '../../framing/malformed.ts';
import type { FrameFormat } from '../../framing/scanner.ts';

/**
 * A packet on the wire: an int<3> length of the payload, an int<1> sequence id, the payload.
 * A payload of 16 MiB - 1 bytes or more goes on in the next packet, until one is shorter (it may be empty).
 * MySQL documentation, "Protocol Basics: MySQL Packets"; server: sql-common/net_serv.cc.
 */
export const HEADER_BYTES = 4;

/** Largest payload of one packet; one of exactly this size is followed by another. */
export const MAX_PAYLOAD = 0xff_ffff;

/** First byte of a packet that answers a command; what it means depends on what is expected. */
export const Header = { Ok: 0x00, AuthMoreData: 0x01, LocalInfile: 0xfb, Eof: 0xfe, Error: 0xff } as const;

export function payloadBytes(bytes: Buffer, at: number): number {
  return bytes.readUIntLE(at, 3);
}

export function sequenceOf(bytes: Buffer, at: number): number {
  return bytes[at + 3] as number;
}

/**
 * One payload as packets, split where it has to be.
 * @param sequence of the first one; it wraps at 256
 */
export function packets(sequence: number, payload: Uint8Array): Buffer {
  const count = Math.floor(payload.length / MAX_PAYLOAD) + 1;
  const made = Buffer.allocUnsafe(payload.length + count * HEADER_BYTES);
  let to = 0;
  for (let index = 0; index < count; index++) {
    const part = payload.subarray(index * MAX_PAYLOAD, (index + 1) * MAX_PAYLOAD);
    made.writeUIntLE(part.length, to, 3);
    made[to + 3] = (sequence + index) & 0xff;
    made.set(part, to + HEADER_BYTES);
    to += HEADER_BYTES + part.length;
  }
  return made;
}

/** A packet over a limit: told apart from Malformed so that the refusal can name the limit. */
export class PacketTooLarge extends Error {
  readonly limit: number;
  readonly size: number;

  constructor(size: number, limit: number) {
    super(`a packet of ${size} bytes is over the limit of ${limit} bytes`);
    this.name = 'PacketTooLarge';
    this.size = size;
    this.limit = limit;
  }
}

/** Packets from the client: each must be seen whole. What they make together is bounded by `PacketJoiner`. */
export function clientFormat(limits: { readonly messageBytes: number }): FrameFormat {
  return {
    headerBytes: HEADER_BYTES,
    size(bytes, at) {
      const payload = payloadBytes(bytes, at);
      if (payload > limits.messageBytes) throw new PacketTooLarge(payload, limits.messageBytes);
      return HEADER_BYTES + payload;
    },
    whole: () => true,
  };
}

/**
 * Packets from the server.
 * @param whole must the packet that begins here be handed on in one piece? Asked once its header is there, in the order of the packets.
 */
export function serverFormat(whole: (payload: number, sequence: number) => boolean): FrameFormat {
  return {
    headerBytes: HEADER_BYTES,
    size: (bytes, at) => HEADER_BYTES + payloadBytes(bytes, at),
    whole: (bytes, at) => whole(payloadBytes(bytes, at), sequenceOf(bytes, at)),
  };
}

/** A payload, and where it stands in the exchange of packets. */
export interface Joined {
  readonly payload: Buffer;
  /** Sequence id of its last packet: an answer to it starts with the next. */
  readonly sequence: number;
}

const NOTHING: readonly Buffer[] = [];

/** Puts payloads together again that needed several packets, and checks the sequence ids. */
export class PacketJoiner {
  readonly #limit: number;
  #parts: readonly Buffer[] = NOTHING;
  #bytes = 0;
  #expected = 0;

  /** @param limit largest payload, bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Is a payload under way whose end hasn't come? */
  get open(): boolean {
    return this.#parts.length > 0;
  }

  /** Bytes of the payload under way. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** A new exchange begins (a command: sequence id 0), or goes on where the other side left it. */
  expect(sequence: number): void {
    this.#expected = sequence & 0xff;
  }

  /**
   * Takes the packet `bytes[start, end)`, header included. The payload of a single one is a view.
   * Throws Malformed for a sequence id out of order (server: ER_NET_PACKETS_OUT_OF_ORDER), PacketTooLarge over the limit.
   */
  add(bytes: Buffer, start: number, end: number): Joined | undefined {
    const sequence = sequenceOf(bytes, start);
    if (sequence !== this.#expected) throw new Malformed(`packet ${sequence} came where ${this.#expected} was due`);
    this.#expected = (sequence + 1) & 0xff;
    const part = bytes.subarray(start + HEADER_BYTES, end);
    const size = this.#bytes + part.length;
    if (size > this.#limit) throw new PacketTooLarge(size, this.#limit);
    if (part.length < MAX_PAYLOAD && this.#parts.length === 0) return { payload: part, sequence };
    // The chunk may be reused before the last part comes.
    this.#parts = [...this.#parts, Buffer.from(part)];
    this.#bytes = size;
    if (part.length === MAX_PAYLOAD) return undefined;
    const payload = Buffer.concat(this.#parts, size);
    this.#parts = NOTHING;
    this.#bytes = 0;
    return { payload, sequence };
  }
}
