import { Malformed } from '../../framing/malformed.ts';
import { Header, packets } from './frame.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/** ERR_Packet. MySQL documentation, "Generic Response Packets: ERR_Packet". */
export interface ErrPacket {
  readonly errno: number;
  /** Five characters; `HY000` where the server sent none (before the handshake it doesn't). */
  readonly sqlstate: string;
  readonly message: string;
}

/** MariaDB's progress report has the form of an ERR with this errno, and ends nothing ("Progress reporting"). */
export const PROGRESS_ERRNO = 0xffff;

/** Bytes of a message that are sent at most (server: MYSQL_ERRMSG_SIZE). */
const MESSAGE_BYTES = 511;

export function isErr(payload: Buffer): boolean {
  return payload[0] === Header.Error;
}

/** The message is for people: what isn't UTF-8 in it is replaced. */
export function decodeErr(payload: Buffer): ErrPacket {
  const reader = new PacketReader(payload);
  if (reader.int1() !== Header.Error) throw new Malformed('no ERR packet');
  const errno = reader.int2();
  let sqlstate = 'HY000';
  if (reader.peek() === 0x23) {
    reader.skip(1);
    sqlstate = reader.bytes(5).toString('latin1');
  }
  return { errno, sqlstate, message: reader.rest().toString('utf8') };
}

/** As packets; the message is cut to what clients have room for. */
export function encodeErr(sequence: number, { errno, sqlstate, message }: ErrPacket): Buffer {
  return packets(sequence, new PacketWriter(128).int1(Header.Error).int2(errno).put('#').put(sqlstate).put(clipped(message)).take());
}

/** Cut between characters. */
function clipped(message: string): Uint8Array {
  const bytes = Buffer.from(message, 'utf8');
  if (bytes.length <= MESSAGE_BYTES) return bytes;
  let end = MESSAGE_BYTES - 3;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from('...')]);
}
