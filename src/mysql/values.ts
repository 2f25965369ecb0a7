/** Values as the binary protocol has them, towards the server. Numbers and times become text, which people can read; the type's code goes with them. */

import { Malformed } from '../framing/malformed.ts';
import type { ParameterValue } from '../protocol/statement.ts';
import type { PacketReader } from './packets/reader.ts';

/** enum_field_types (mysql-server include/field_types.h). */
const Type = {
  Tiny: 1, Short: 2, Long: 3, Float: 4, Double: 5, Null: 6, Timestamp: 7, LongLong: 8, Int24: 9, Date: 10, Time: 11, Datetime: 12, Year: 13,
} as const;

/** Types whose values are bytes with their length: DECIMAL, VARCHAR, BIT, VECTOR, JSON, NEWDECIMAL, ENUM, SET, the BLOBs, VAR_STRING, STRING, GEOMETRY. */
const BYTES = new Set([0, 15, 16, 242, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255]);

/** Beside the type's code: the value is unsigned. */
const UNSIGNED = 0x8000;

/**
 * Reads one value. MySQL documentation, "Binary Protocol Value"; server: sql/sql_prepare.cc set_param_…
 * Throws Malformed for a type whose form isn't known, and for what doesn't keep to it.
 * @param type code in the lower byte, 0x8000 for unsigned
 */
export function decodeValue(reader: PacketReader, type: number): ParameterValue {
  const code = type & 0xff;
  if (code === Type.Null) return { format: 0, bytes: null, type };
  if (BYTES.has(code)) return { format: 0, bytes: reader.lenencBytes(), type };
  return { format: 0, bytes: Buffer.from(textOf(reader, code, (type & UNSIGNED) !== 0), 'latin1'), type };
}

function textOf(reader: PacketReader, code: number, unsigned: boolean): string {
  switch (code) {
    case Type.Tiny:
      return integer(reader.bytes(1), unsigned);
    case Type.Short:
    case Type.Year:
      return integer(reader.bytes(2), unsigned);
    case Type.Long:
    case Type.Int24:
      return integer(reader.bytes(4), unsigned);
    case Type.LongLong: {
      const bytes = reader.bytes(8);
      return String(unsigned ? bytes.readBigUInt64LE() : bytes.readBigInt64LE());
    }
    case Type.Float:
      return String(reader.bytes(4).readFloatLE());
    case Type.Double:
      return String(reader.bytes(8).readDoubleLE());
    case Type.Date:
    case Type.Datetime:
    case Type.Timestamp:
      return moment(reader.bytes(reader.int1()));
    case Type.Time:
      return duration(reader.bytes(reader.int1()));
    default:
      throw new Malformed(`a parameter of type ${code}`);
  }
}

function integer(bytes: Buffer, unsigned: boolean): string {
  return String(unsigned ? bytes.readUIntLE(0, bytes.length) : bytes.readIntLE(0, bytes.length));
}

/** int<2> year, month, day [hour, minute, second [int<4> microseconds]]; nothing is zero. */
function moment(bytes: Buffer): string {
  if (![0, 4, 7, 11].includes(bytes.length)) throw new Malformed(`a date of ${bytes.length} bytes`);
  const at = (index: number): string => two(bytes[index] ?? 0);
  const date = bytes.length === 0 ? '0000-00-00' : `${String(bytes.readUInt16LE(0)).padStart(4, '0')}-${at(2)}-${at(3)}`;
  return bytes.length < 7 ? date : `${date} ${at(4)}:${at(5)}:${at(6)}${micros(bytes, 7)}`;
}

/** Sign, int<4> days, hour, minute, second [int<4> microseconds]; nothing is zero. */
function duration(bytes: Buffer): string {
  if (![0, 8, 12].includes(bytes.length)) throw new Malformed(`a time of ${bytes.length} bytes`);
  if (bytes.length === 0) return '00:00:00';
  const at = (index: number): string => two(bytes[index] ?? 0);
  const days = bytes.readUInt32LE(1);
  return `${bytes[0] === 0 ? '' : '-'}${days === 0 ? '' : `${days} `}${at(5)}:${at(6)}:${at(7)}${micros(bytes, 8)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

function micros(bytes: Buffer, at: number): string {
  return bytes.length === at ? '' : `.${String(bytes.readUInt32LE(at)).padStart(6, '0')}`;
}
