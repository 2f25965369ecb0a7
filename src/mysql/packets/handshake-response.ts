import { Malformed } from '../../framing/malformed.ts';
import { type Capabilities, Capability, has } from './capabilities.ts';
import { packets } from './frame.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/**
 * Protocol::SSLRequest and HandshakeResponse41, the client's answer to the greeting. MySQL documentation, "Connection Phase Packets";
 * server: sql/auth/sql_authentication.cc parse_client_handshake_packet. MariaDB puts the extended flags into the filler.
 */
export interface ClientOptions extends Capabilities {
  /** What the client is ready to receive, bytes. Servers don't heed it. */
  readonly maxPacket: number;
  /** Number of the collation the session shall have, its low byte. */
  readonly collation: number;
}

export interface HandshakeResponse extends ClientOptions {
  readonly user: string;
  readonly authResponse: Buffer;
  /** Empty: none asked for. */
  readonly database: string;
  /** The plugin that `authResponse` was made by; empty without PLUGIN_AUTH. */
  readonly plugin: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Flags, packet size, collation, filler: a payload of just this is an SSLRequest. */
export const OPTIONS_BYTES = 32;

const FILLER = 19;

function writeOptions(writer: PacketWriter, { flags, extended, maxPacket, collation }: ClientOptions): PacketWriter {
  return writer.int4(flags >>> 0).int4(maxPacket).int1(collation).zeros(FILLER).int4(extended >>> 0);
}

function readOptions(reader: PacketReader): ClientOptions {
  const flags = reader.int4();
  const maxPacket = reader.int4();
  const collation = reader.int1();
  reader.skip(FILLER);
  const extended = reader.int4();
  return { flags, maxPacket, collation, extended: has({ flags }, Capability.LongPassword) ? 0 : extended };
}

export function encodeSslRequest(sequence: number, options: ClientOptions): Buffer {
  return packets(sequence, writeOptions(new PacketWriter(), { ...options, flags: options.flags | Capability.Ssl }).take());
}

/** Undefined when the payload is no SSLRequest. */
export function decodeSslRequest(payload: Buffer): ClientOptions | undefined {
  if (payload.length !== OPTIONS_BYTES) return undefined;
  const options = readOptions(new PacketReader(payload));
  return has(options, Capability.Ssl) ? options : undefined;
}

export function encodeHandshakeResponse(sequence: number, response: HandshakeResponse): Buffer {
  const writer = writeOptions(new PacketWriter(256), response).cstring(response.user);
  if (has(response, Capability.PluginAuthLenencData)) writer.lenencString(response.authResponse);
  else writer.int1(response.authResponse.length).put(response.authResponse);
  if (has(response, Capability.ConnectWithDb)) writer.cstring(response.database);
  if (has(response, Capability.PluginAuth)) writer.cstring(response.plugin);
  if (has(response, Capability.ConnectAttrs)) writeAttributes(writer, response.attributes);
  return packets(sequence, writer.take());
}

/** Throws Malformed for what isn't of protocol 4.1, or lies about its lengths. */
export function decodeHandshakeResponse(payload: Buffer): HandshakeResponse {
  // Before 4.1 the flags are int<2>, and the rest is laid out otherwise.
  if (payload.length < OPTIONS_BYTES || !has({ flags: payload.readUInt32LE(0) }, Capability.Protocol41)) throw new Malformed('no handshake response of protocol 4.1');
  const reader = new PacketReader(payload);
  const options = readOptions(reader);
  const user = reader.cstring();
  const authResponse = has(options, Capability.PluginAuthLenencData) ? reader.lenencBytes() : reader.bytes(reader.int1());
  const database = has(options, Capability.ConnectWithDb) ? reader.cstring() : '';
  const plugin = has(options, Capability.PluginAuth) ? reader.cstring() : '';
  const attributes = has(options, Capability.ConnectAttrs) && reader.remaining > 0 ? readAttributes(reader) : new Map<string, string>();
  // The level of a compression that was never offered.
  if (has(options, Capability.ZstdCompression) && reader.remaining === 1) reader.skip(1);
  reader.finish();
  return { ...options, user, authResponse: Buffer.from(authResponse), database, plugin, attributes };
}

export function writeAttributes(writer: PacketWriter, attributes: ReadonlyMap<string, string>): void {
  const entries = new PacketWriter(256);
  for (const [name, value] of attributes) entries.lenencString(name).lenencString(value);
  writer.lenencString(entries.take());
}

/** Connection attributes, in the order they came; of a name that comes twice the last counts. */
export function readAttributes(reader: PacketReader): Map<string, string> {
  const entries = new PacketReader(reader.lenencBytes());
  const attributes = new Map<string, string>();
  while (entries.remaining > 0) attributes.set(entries.lenencString(), entries.lenencString());
  return attributes;
}
