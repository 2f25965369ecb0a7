/** Commands that bring values: COM_STMT_EXECUTE, MariaDB's COM_STMT_BULK_EXECUTE, and COM_QUERY with attributes. Each decoder takes a whole payload. */

import { Malformed } from '../framing/malformed.ts';
import type { ParameterValue } from '../protocol/statement.ts';
import { Command } from './packets/commands.ts';
import { PacketReader } from './packets/reader.ts';
import { PacketWriter } from './packets/writer.ts';
import { decodeValue } from './values.ts';

/** What the decoders must know of the prepared statement. */
export interface Placeholders {
  readonly parameters: number;
  /** Types as the client gave them last; undefined: never. */
  readonly types: readonly number[] | undefined;
  /** Values sent ahead by COM_STMT_SEND_LONG_DATA: nothing of them is in the command. */
  readonly long: ReadonlyMap<number, ParameterValue>;
}

export interface Execute {
  /** Should rows be kept for COM_STMT_FETCH? */
  readonly cursor: boolean;
  readonly values: readonly ParameterValue[];
  /** Types in force from here on, one a parameter. */
  readonly types: readonly number[] | undefined;
  /** Does the command itself bring them? */
  readonly typed: boolean;
  /** Where the byte stands that says so; -1 when there are no parameters. */
  readonly typedAt: number;
}

/** Flags of COM_STMT_EXECUTE (mysql-server include/mysql_com.h enum_cursor_type). */
const CURSOR = 0x07;
const PARAMETER_COUNT_AVAILABLE = 0x08;

/** Statement id and flags stand before this. */
const EXECUTE_HEAD = 1 + 4;

/**
 * int<1> 0x17, int<4> id, int<1> flags, int<4> iterations, then, where there are parameters: [lenenc count], NULL bitmap, int<1> typed,
 * [types, with names when a count is given], values. MySQL documentation, "COM_STMT_EXECUTE"; server: sql/protocol_classic.cc parse_packet.
 */
export function decodeExecute(payload: Buffer, placeholders: Placeholders, attributes: boolean): Execute {
  const reader = new PacketReader(payload);
  reader.skip(EXECUTE_HEAD);
  const flags = reader.int1();
  reader.skip(4);
  const counted = attributes && (flags & PARAMETER_COUNT_AVAILABLE) !== 0;
  const cursor = (flags & CURSOR) !== 0;
  // The documentation has the count whenever attributes were negotiated, the server only with the flag: both can't be right.
  if (attributes && !counted && placeholders.parameters > 0) throw new Malformed('COM_STMT_EXECUTE without a count of its parameters');
  const count = counted ? reader.lenencInt() : placeholders.parameters;
  if (count < placeholders.parameters) throw new Malformed(`COM_STMT_EXECUTE with ${count} of ${placeholders.parameters} parameters`);
  if (count === 0) {
    // Servers look no further; MariaDB Connector/Node.js says all the same that types follow.
    if (reader.remaining > 0) isTyped(reader.int1());
    reader.finish();
    return { cursor, values: [], types: placeholders.types, typed: false, typedAt: -1 };
  }
  const nulls = reader.bytes(Math.ceil(count / 8));
  const typedAt = payload.length - reader.remaining;
  const typed = isTyped(reader.int1());
  const types = typed ? decodeTypes(reader, count, counted) : placeholders.types;
  const values = Array.from({ length: count }, (_, index) => placeholders.long.get(index) ?? decodeNullable(reader, nulls, index, types));
  reader.finish();
  return { cursor, values, types: typed ? types?.slice(0, placeholders.parameters) : types, typed, typedAt };
}

function isTyped(byte: number): boolean {
  if (byte > 1) throw new Malformed(`${byte} where 0 or 1 says whether types follow`);
  return byte === 1;
}

function decodeTypes(reader: PacketReader, count: number, named: boolean): number[] {
  return Array.from({ length: count }, () => {
    const type = reader.int2();
    if (named) reader.lenencBytes();
    return type;
  });
}

function decodeNullable(reader: PacketReader, nulls: Buffer, index: number, types: readonly number[] | undefined): ParameterValue {
  const type = types?.[index];
  if (type === undefined) throw new Malformed('parameters whose types were never given');
  if (((nulls[index >> 3] as number) & (1 << (index & 7))) !== 0) return { format: 0, bytes: null, type };
  return decodeValue(reader, type);
}

/** Before each value of a bulk (MariaDB documentation, "COM_STMT_BULK_EXECUTE"). */
const Indicator = { None: 0, Null: 1, Default: 2, Ignore: 3 } as const;
/** Types follow. */
const SEND_TYPES = 128;
/** In the place of a type: the value is no value, but what its column has, or keeps. */
const NO_TYPE = 0x10000;

export interface BulkExecute {
  /** Row after row. */
  readonly values: readonly ParameterValue[];
  readonly types: readonly number[];
  readonly typed: boolean;
  /** Where the flags stand that say so. */
  readonly typedAt: number;
}

/** int<1> 0xfa, int<4> id, int<2> flags, [types], then for each row and parameter int<1> indicator and, with 0, the value. */
export function decodeBulkExecute(payload: Buffer, { parameters, types: before }: Placeholders): BulkExecute {
  const reader = new PacketReader(payload);
  reader.skip(EXECUTE_HEAD);
  const flags = reader.int2();
  if (parameters === 0) throw new Malformed('COM_STMT_BULK_EXECUTE of a statement without parameters');
  const typed = (flags & SEND_TYPES) !== 0;
  const types = typed ? decodeTypes(reader, parameters, false) : before;
  if (types === undefined) throw new Malformed('parameters whose types were never given');
  const values: ParameterValue[] = [];
  while (reader.remaining > 0) for (const type of types) values.push(decodeIndicated(reader, type));
  return { values, types, typed, typedAt: EXECUTE_HEAD };
}

/** The same command with the types in it: the server hasn't seen them, since what brought them was refused, or meant for what was prepared before. */
export function withTypes(payload: Buffer, { typedAt }: Pick<Execute, 'typedAt'>, types: readonly number[]): Buffer {
  const bulk = payload[0] === Command.StmtBulkExecute;
  const writer = new PacketWriter(payload.length + 2 * types.length).put(payload.subarray(0, typedAt));
  if (bulk) writer.int2(payload.readUInt16LE(typedAt) | SEND_TYPES);
  else writer.int1(1);
  for (const type of types) writer.int2(type);
  return writer.put(payload.subarray(typedAt + (bulk ? 2 : 1))).take();
}

function decodeIndicated(reader: PacketReader, type: number): ParameterValue {
  const indicator = reader.int1();
  switch (indicator) {
    case Indicator.None:
      return decodeValue(reader, type);
    case Indicator.Null:
      return { format: 0, bytes: null, type };
    case Indicator.Default:
      return { format: 0, bytes: Buffer.from('DEFAULT'), type: NO_TYPE + indicator };
    case Indicator.Ignore:
      return { format: 0, bytes: Buffer.from('IGNORE'), type: NO_TYPE + indicator };
    default:
      throw new Malformed(`indicator ${indicator} before a value`);
  }
}

/** `id` of a command for a prepared statement: int<1> command, int<4> id. */
export function statementId(payload: Buffer): number {
  const reader = new PacketReader(payload);
  reader.skip(1);
  return reader.int4();
}

export interface Query {
  readonly text: Buffer;
  readonly attributes: readonly ParameterValue[];
}

/**
 * int<1> 0x03, then with attributes negotiated: lenenc count, lenenc sets (1), [NULL bitmap, int<1> 1, types with names, values];
 * then the text. MySQL documentation, "COM_QUERY".
 */
export function decodeQuery(payload: Buffer, attributes: boolean): Query {
  const reader = new PacketReader(payload);
  if (reader.int1() !== Command.Query) throw new Malformed('no COM_QUERY');
  if (!attributes) return { text: reader.rest(), attributes: [] };
  const count = reader.lenencInt();
  if (reader.lenencInt() !== 1) throw new Malformed('COM_QUERY with more than one set of attributes');
  if (count === 0) return { text: reader.rest(), attributes: [] };
  if (count > reader.remaining) throw new Malformed('COM_QUERY with more attributes than bytes');
  const nulls = reader.bytes(Math.ceil(count / 8));
  if (!isTyped(reader.int1())) throw new Malformed('attributes without types');
  const types = decodeTypes(reader, count, true);
  const values = types.map((_, index) => decodeNullable(reader, nulls, index, types));
  return { text: reader.rest(), attributes: values };
}
