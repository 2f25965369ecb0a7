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
  // By hand: rows come by the million, and readUIntLE checks what is known here.
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

export function sequenceOf(bytes: Buffer, at: number): number {
  return bytes[at + 3] as number;
}

/** Packets that a payload of so many bytes needs. */
export function packetCount(payload: number): number {
  return Math.floor(payload / MAX_PAYLOAD) + 1;
}

/**
 * One payload as packets, split where it has to be.
 * @param sequence of the first one; it wraps at 256
 */
export function packets(sequence: number, payload: Uint8Array): Buffer {
  const count = packetCount(payload.length);
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
