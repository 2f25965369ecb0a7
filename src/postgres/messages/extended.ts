/** Messages of the extended query protocol, as the client sends them. Each decoder takes a whole message `bytes[start, end)`. */

import { Malformed } from '../../framing/malformed.ts';
import { ByteReader } from '../../framing/reader.ts';
import type { ParameterValue } from '../../protocol/statement.ts';
import { HEADER_BYTES, message } from './frame.ts';

/** Byte1('Q') Int32 String. */
export function decodeQuery(bytes: Buffer, start: number, end: number): Buffer {
  return onlyString(new ByteReader(bytes, start + HEADER_BYTES, end));
}

function onlyString(reader: ByteReader): Buffer {
  const text = reader.cbytes();
  reader.finish();
  return text;
}

export interface Parse {
  /** Empty: the unnamed statement. */
  readonly name: string;
  readonly text: Buffer;
  /** Type OIDs the client declares for its parameters; 0 leaves one to the server. */
  readonly types: readonly number[];
}

/** Byte1('P') Int32 String String Int16 Int32[n]. */
export function decodeParse(bytes: Buffer, start: number, end: number): Parse {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const name = reader.cstring();
  const text = reader.cbytes();
  const types = Array.from({ length: reader.uint16() }, () => reader.uint32());
  reader.finish();
  return { name, text, types };
}

export interface Bind {
  readonly portal: string;
  readonly statement: string;
  /** Views of the message, valid as long as it is. */
  readonly values: readonly ParameterValue[];
}

/** Byte1('B') Int32 String String Int16 Int16[c] Int16 (Int32 Byten)[n] Int16 Int16[r]. Counts are unsigned (server: pq_getmsgint(…, 2)). */
export function decodeBind(bytes: Buffer, start: number, end: number): Bind {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const portal = reader.cstring();
  const statement = reader.cstring();
  const formats: number[] = [];
  for (let left = reader.uint16(); left > 0; left--) formats.push(reader.uint16());
  const count = reader.uint16();
  if (formats.length > 1 && formats.length !== count) throw new Malformed(`Bind has ${formats.length} parameter formats but ${count} parameters`);
  const values: ParameterValue[] = [];
  for (let index = 0; index < count; index++) {
    const length = reader.int32();
    if (length < -1) throw new Malformed(`Bind parameter of ${length} bytes`);
    values.push({ format: formats[formats.length === 1 ? 0 : index] ?? 0, bytes: length === -1 ? null : reader.bytes(length) });
  }
  reader.bytes(2 * reader.uint16());
  reader.finish();
  return { portal, statement, values };
}

export interface Execute {
  readonly portal: string;
  /** 0: all rows. */
  readonly maxRows: number;
}

/** Byte1('E') Int32 String Int32. */
export function decodeExecute(bytes: Buffer, start: number, end: number): Execute {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const portal = reader.cstring();
  const maxRows = reader.int32();
  reader.finish();
  return { portal, maxRows };
}

/** What Close and Describe point at. */
export interface Target {
  readonly kind: 'statement' | 'portal';
  readonly name: string;
}

/** Byte1('C' or 'D') Int32 Byte1('S' or 'P') String. */
export function decodeTarget(bytes: Buffer, start: number, end: number): Target {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const kind = reader.uint8();
  if (kind !== 0x53 && kind !== 0x50) throw new Malformed(`neither a statement nor a portal: ${kind}`);
  const name = reader.cstring();
  reader.finish();
  return { kind: kind === 0x53 ? 'statement' : 'portal', name };
}

/** Flush, Sync, Terminate, CopyDone: no body. */
export function decodeEmpty(bytes: Buffer, start: number, end: number): void {
  new ByteReader(bytes, start + HEADER_BYTES, end).finish();
}

export const encodeQuery = (text: string): Buffer => message('Q', text);

export const encodeFlush = (): Buffer => message('H');

export const encodeCopyFail = (reason: string): Buffer => message('f', reason);

export const encodeExecute = (portal: string): Buffer => message('E', portal, 0);

export const encodeParse = (name: string, text: string, types: readonly number[]): Buffer => {
  const tail = Buffer.allocUnsafe(2 + 4 * types.length);
  tail.writeUInt16BE(types.length);
  types.forEach((type, index) => tail.writeUInt32BE(type, 2 + 4 * index));
  return message('P', name, text, tail);
};

const TARGETS = { statement: Buffer.from('S'), portal: Buffer.from('P') } as const;

export const encodeClose = ({ kind, name }: Target): Buffer => message('C', TARGETS[kind], name);

export const encodeDescribe = ({ kind, name }: Target): Buffer => message('D', TARGETS[kind], name);
