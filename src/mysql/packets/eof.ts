import { Malformed } from '../../framing/malformed.ts';
import { Header, packets } from './frame.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/** EOF_Packet. MySQL documentation, "Generic Response Packets: EOF_Packet". */
export interface EofPacket {
  readonly warnings: number;
  readonly status: number;
}

/** With 0xfe in front: a shorter payload is an EOF, a longer one a row whose first value is over 16 MiB. */
const LONGEST = 9;

/** Is it the EOF of a connection without DEPRECATE_EOF? */
export function isEof(payload: Buffer): boolean {
  return payload[0] === Header.Eof && payload.length < LONGEST;
}

export function decodeEof(payload: Buffer): EofPacket {
  const reader = new PacketReader(payload);
  if (reader.int1() !== Header.Eof) throw new Malformed('no EOF packet');
  const eof = { warnings: reader.int2(), status: reader.int2() };
  reader.finish();
  return eof;
}

export function encodeEof(sequence: number, { warnings, status }: EofPacket): Buffer {
  return packets(sequence, new PacketWriter(8).int1(Header.Eof).int2(warnings).int2(status).take());
}
