import { Malformed } from '../../framing/malformed.ts';
import { Capability, has } from './capabilities.ts';
import { packets } from './frame.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/**
 * Protocol::HandshakeV10, the server's first packet. MySQL documentation, "Connection Phase Packets";
 * server: sql/auth/sql_authentication.cc send_server_handshake_packet. MariaDB: "Connecting to a server", "Initial Handshake Packet".
 */
export interface Greeting {
  /** As the server sent it: MariaDB 10 puts `5.5.5-` in front, so that old replicas take it for a MySQL of their time. */
  readonly serverVersion: string;
  readonly connectionId: number;
  /** 20 bytes. */
  readonly scramble: Buffer;
  /** `Capability` bits, unsigned. */
  readonly flags: number;
  /** `MariaDbCapability` bits; 0 of MySQL. */
  readonly extended: number;
  /** Number of the server's default collation, its low byte. */
  readonly collation: number;
  readonly status: number;
  /** Empty without PLUGIN_AUTH. */
  readonly plugin: string;
}

const PROTOCOL_VERSION = 10;
export const SCRAMBLE_BYTES = 20;
/** The first part of the scramble, from before protocol 4.1. */
const FIRST_PART = 8;

export function encodeGreeting(greeting: Greeting): Buffer {
  const { serverVersion, connectionId, scramble, flags, extended, collation, status, plugin } = greeting;
  const writer = new PacketWriter(128).int1(PROTOCOL_VERSION).cstring(serverVersion).int4(connectionId);
  writer.put(scramble.subarray(0, FIRST_PART)).int1(0).int2(flags & 0xffff).int1(collation).int2(status).int2(flags >>> 16);
  writer.int1(SCRAMBLE_BYTES + 1).zeros(6).int4(extended).put(scramble.subarray(FIRST_PART)).int1(0).cstring(plugin);
  return packets(0, writer.take());
}

/** Throws Malformed for what is no HandshakeV10 of protocol 4.1. */
export function decodeGreeting(payload: Buffer): Greeting {
  const reader = new PacketReader(payload);
  if (reader.int1() !== PROTOCOL_VERSION) throw new Malformed('no handshake of protocol version 10');
  const serverVersion = reader.cbytes().toString('latin1');
  const connectionId = reader.int4();
  const first = reader.bytes(FIRST_PART);
  reader.skip(1);
  const low = reader.int2();
  const collation = reader.int1();
  const status = reader.int2();
  const flags = (low | (reader.int2() << 16)) >>> 0;
  const length = reader.int1();
  reader.skip(6);
  const last = reader.int4();
  const extended = has({ flags }, Capability.LongPassword) ? 0 : last;
  const scramble = Buffer.concat([first, secondPart(reader, flags, length)]);
  const plugin = has({ flags }, Capability.PluginAuth) ? pluginName(reader) : '';
  return { serverVersion, connectionId, scramble, flags, extended, collation, status, plugin };
}

/** Its length is said to be at least 13; the last byte is a NUL that isn't part of it. */
function secondPart(reader: PacketReader, flags: number, length: number): Buffer {
  if (!has({ flags }, Capability.SecureConnection)) throw new Malformed('a handshake without SECURE_CONNECTION');
  const part = reader.bytes(Math.max(13, length - FIRST_PART));
  return part.subarray(0, SCRAMBLE_BYTES - FIRST_PART);
}

/** Old servers leave out the NUL at the end (MySQL bug 59453). */
function pluginName(reader: PacketReader): string {
  return reader.rest().toString('latin1').replace(/\0.*$/s, '');
}
