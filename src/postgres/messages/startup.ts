import { Malformed } from '../../framing/malformed.ts';
import { ByteReader } from '../../framing/reader.ts';

/** Request codes in place of a protocol version (server: libpq/pqcomm.h). */
const CANCEL_REQUEST = (1234 << 16) | 5678;
const SSL_REQUEST = (1234 << 16) | 5679;
const GSSENC_REQUEST = (1234 << 16) | 5680;

/** Largest startup packet (server: MAX_STARTUP_PACKET_LENGTH). */
export const MAX_STARTUP_BYTES = 10_000;

/** The first packet of a connection: an int32 length that counts itself, an int32 code, the rest. */
export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: Buffer }
  | { readonly kind: 'startup'; readonly major: number; readonly minor: number; readonly parameters: ReadonlyMap<string, string> };

/** Size of the startup packet that begins at 0, or undefined while its length isn't complete. Throws Malformed. */
export function startupPacketSize(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const size = bytes.readInt32BE(0);
  if (size < 8 || size > MAX_STARTUP_BYTES) throw new Malformed(`startup packet length ${size} is not possible`);
  return size;
}

export function decodeStartupPacket(packet: Buffer): StartupPacket {
  const reader = new ByteReader(packet, 4);
  const code = reader.int32();
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) {
    reader.finish();
    return { kind: code === SSL_REQUEST ? 'ssl' : 'gssenc' };
  }
  if (code === CANCEL_REQUEST) return decodeCancel(reader);
  return { kind: 'startup', major: code >>> 16, minor: code & 0xffff, parameters: decodeParameters(reader) };
}

/** Protocol 3.0 keys have 4 bytes, 3.2 keys 4 to 256 (documentation, CancelRequest). */
function decodeCancel(reader: ByteReader): StartupPacket {
  const processId = reader.int32();
  const length = reader.remaining;
  if (length < 4 || length > 256) throw new Malformed(`cancel key of ${length} bytes`);
  return { kind: 'cancel', processId, secretKey: Buffer.from(reader.bytes(length)) };
}

function decodeParameters(reader: ByteReader): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (;;) {
    const name = reader.cstring();
    if (name === '') break;
    if (parameters.has(name)) throw new Malformed(`startup parameter ${JSON.stringify(name)} is given twice`);
    parameters.set(name, reader.cstring());
  }
  reader.finish();
  return parameters;
}

/** CancelRequest towards the database, on a connection of its own. */
export function encodeCancelRequest(processId: number, secretKey: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(12 + secretKey.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(CANCEL_REQUEST, 4);
  packet.writeInt32BE(processId, 8);
  secretKey.copy(packet, 12);
  return packet;
}
