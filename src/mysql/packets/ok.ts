import { Malformed } from '../../framing/malformed.ts';
import { type Capabilities, Capability, has, ServerStatus } from './capabilities.ts';
import { Header, packets } from './frame.ts';
import { PacketReader } from './reader.ts';
import { decodeSessionChanges, type SessionChange } from './session-changes.ts';
import { PacketWriter } from './writer.ts';

/** OK_Packet of protocol 4.1. MySQL documentation, "Generic Response Packets: OK_Packet"; server: sql/protocol_classic.cc net_send_ok. */
export interface OkPacket {
  readonly affectedRows: bigint;
  readonly lastInsertId: bigint;
  /** `ServerStatus` bits. */
  readonly status: number;
  readonly warnings: number;
  /** Text for people ("Rows matched: …"), in the session's character set. */
  readonly info: Buffer;
  /** What the server says has changed in the session; empty without SESSION_TRACK. */
  readonly changes: readonly SessionChange[];
}

const NOTHING = Buffer.alloc(0);

/**
 * Reads an OK: one that begins with 0x00, or the 0xfe that ends a result set under DEPRECATE_EOF.
 * Throws Malformed for what doesn't keep to the form.
 */
export function decodeOk(payload: Buffer, capabilities: Pick<Capabilities, 'flags'>): OkPacket {
  const reader = new PacketReader(payload);
  const header = reader.int1();
  if (header !== Header.Ok && header !== Header.Eof) throw new Malformed('no OK packet');
  const affectedRows = reader.lenencBigInt();
  const lastInsertId = reader.lenencBigInt();
  const status = reader.int2();
  const warnings = reader.int2();
  // Documented as string<EOF> without SESSION_TRACK, but sent with its length all the same (net_send_ok: net_store_data).
  const info = reader.remaining === 0 ? NOTHING : reader.lenencBytes();
  const tracked = has(capabilities, Capability.SessionTrack) && (status & ServerStatus.SessionStateChanged) !== 0;
  const changes = tracked ? decodeSessionChanges(reader.lenencBytes()) : [];
  reader.finish();
  return { affectedRows, lastInsertId, status, warnings, info, changes };
}

export interface OkFields {
  readonly status: number;
  readonly affectedRows?: number | bigint;
  readonly lastInsertId?: number | bigint;
  readonly warnings?: number;
  readonly info?: string;
}

/** An OK of our own; it reports no changes. */
export function encodeOk(sequence: number, { status, affectedRows = 0, lastInsertId = 0, warnings = 0, info = '' }: OkFields): Buffer {
  const writer = new PacketWriter().int1(Header.Ok).lenencInt(affectedRows).lenencInt(lastInsertId);
  writer.int2(status & ~ServerStatus.SessionStateChanged).int2(warnings);
  if (info !== '') writer.lenencString(info);
  return packets(sequence, writer.take());
}
