import { Malformed } from '../../framing/malformed.ts';
import type { FrameFormat } from '../../framing/scanner.ts';

/**
 * A message after startup: one type byte, an int32 length that counts itself but not the type, the body.
 * PostgreSQL documentation, "Message Flow" and "Message Formats"; server: src/backend/libpq/pqcomm.c pq_getmessage.
 */
export const HEADER_BYTES = 5;

/** Builds one message. Parts: numbers are int32 fields, strings are NUL-terminated, buffers are taken as they are. */
export function message(type: string, ...parts: readonly (number | string | Uint8Array)[]): Buffer {
  const body = parts.map(encodePart);
  const length = body.reduce((sum, part) => sum + part.length, 4);
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(length, 1);
  return Buffer.concat([header, ...body]);
}

function encodePart(part: number | string | Uint8Array): Uint8Array {
  if (typeof part === 'string') return Buffer.from(`${part.replaceAll('\0', '')}\0`, 'utf8');
  if (typeof part !== 'number') return part;
  const field = Buffer.allocUnsafe(4);
  field.writeInt32BE(part);
  return field;
}

/** Type bytes the client sends after startup (PostgreSQL 18, libpq/protocol.h). */
export const Frontend = {
  Bind: 0x42, Close: 0x43, Describe: 0x44, Execute: 0x45, FunctionCall: 0x46, Flush: 0x48,
  Parse: 0x50, Query: 0x51, Sync: 0x53, Terminate: 0x58, CopyData: 0x64, CopyDone: 0x63, CopyFail: 0x66, Password: 0x70,
} as const;

/** Type bytes the server sends (PostgreSQL 18, libpq/protocol.h). */
export const Backend = {
  ParseComplete: 0x31, BindComplete: 0x32, CloseComplete: 0x33, NotificationResponse: 0x41, CommandComplete: 0x43,
  DataRow: 0x44, ErrorResponse: 0x45, CopyInResponse: 0x47, CopyOutResponse: 0x48, EmptyQueryResponse: 0x49,
  BackendKeyData: 0x4b, NoticeResponse: 0x4e, Authentication: 0x52, ParameterStatus: 0x53, RowDescription: 0x54,
  FunctionCallResponse: 0x56, CopyBothResponse: 0x57, ReadyForQuery: 0x5a, CopyDone: 0x63, CopyData: 0x64,
  NoData: 0x6e, PortalSuspended: 0x73, ParameterDescription: 0x74, NegotiateProtocolVersion: 0x76,
} as const;

/** A message over a limit: told apart from Malformed so that the refusal can name the limit. */
export class MessageTooLarge extends Error {
  readonly limit: number;
  readonly size: number;

  constructor(size: number, limit: number) {
    super(`a message of ${size} bytes is over the limit of ${limit} bytes`);
    this.size = size;
    this.limit = limit;
  }
}

/** Largest message the protocol allows that we pass on in pieces: PostgreSQL's own limit (1 GiB - 1). */
const PROTOCOL_LIMIT = 0x3fff_ffff;

/** Size of the message that begins there, type byte included. Throws Malformed for a length that can't be. */
export const wholeSize = (bytes: Buffer, at: number): number => 1 + lengthField(bytes, at);

function lengthField(bytes: Buffer, at: number): number {
  // By hand: rows come by the million, and readInt32BE checks what is known here.
  const length = ((bytes[at + 1] as number) << 24) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
  if (length < 4 || length > PROTOCOL_LIMIT) throw new Malformed(`message length ${length} is not possible`);
  return length;
}

/** Messages from the client. Only CopyData is handed on in pieces: all else must be seen whole before it may leave. */
export function frontendFormat(limits: { readonly messageBytes: number }): FrameFormat {
  return {
    headerBytes: HEADER_BYTES,
    size(bytes, at) {
      const size = 1 + lengthField(bytes, at);
      if (bytes[at] !== Frontend.CopyData && size > limits.messageBytes) throw new MessageTooLarge(size, limits.messageBytes);
      return size;
    },
    whole: (bytes, at) => bytes[at] !== Frontend.CopyData,
  };
}

/** What the server may need for a message we read ourselves (row descriptions of 1,600 columns, long errors). */
const BACKEND_WHOLE_LIMIT = 16 * 1024 * 1024;

/** Messages from the server. Rows and COPY data are handed on in pieces. */
export const backendFormat: FrameFormat = {
  headerBytes: HEADER_BYTES,
  size: wholeSize,
  whole(bytes, at, size) {
    const type = bytes[at];
    if (type === Backend.DataRow || type === Backend.CopyData) return false;
    if (size > BACKEND_WHOLE_LIMIT) throw new Malformed(`server message of ${size} bytes`);
    return true;
  },
};
