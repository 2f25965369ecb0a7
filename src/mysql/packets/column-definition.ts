import { Malformed } from '../../framing/malformed.ts';
import { type Capabilities, hasExtended, MariaDbCapability } from './capabilities.ts';
import { PacketReader } from './reader.ts';

/** ColumnDefinition41. MySQL documentation, "COM_QUERY Response: Column Definition"; server: sql/protocol_classic.cc store_field_metadata. */
export interface ColumnDefinition {
  /** Names are bytes: they are in the character set of results. */
  readonly schema: Buffer;
  /** The alias in the statement. */
  readonly table: Buffer;
  /** The table itself; empty for expressions. */
  readonly orgTable: Buffer;
  readonly name: Buffer;
  readonly orgName: Buffer;
  readonly characterSet: number;
  readonly length: number;
  /** enum_field_types. */
  readonly type: number;
  readonly flags: number;
  readonly decimals: number;
  /** MariaDB's JSON is a text of this format; told only where MARIADB_CLIENT_EXTENDED_METADATA was agreed. */
  readonly json: boolean;
}

/** MariaDB documentation, "Extended metadata": int<1> 1 (format), string<lenenc>. */
const JSON_FORMAT = Buffer.from('\u0001\u0004json');

/** Bytes of the fields behind the names (always 0x0c). */
const FIXED = 0x0c;

/** Reads a column of a result set or of a prepared statement (not of COM_FIELD_LIST, which adds a default value). */
export function decodeColumnDefinition(payload: Buffer, capabilities: Pick<Capabilities, 'extended'>): ColumnDefinition {
  const reader = new PacketReader(payload);
  if (reader.lenencBytes().toString('latin1') !== 'def') throw new Malformed('a column definition of no known catalog');
  const schema = reader.lenencBytes();
  const table = reader.lenencBytes();
  const orgTable = reader.lenencBytes();
  const name = reader.lenencBytes();
  const orgName = reader.lenencBytes();
  const json = hasExtended(capabilities, MariaDbCapability.ExtendedTypeInfo) && reader.lenencBytes().includes(JSON_FORMAT);
  if (reader.lenencInt() !== FIXED) throw new Malformed('a column definition with other fields than the protocol\'s');
  const column = {
    schema, table, orgTable, name, orgName,
    characterSet: reader.int2(), length: reader.int4(), type: reader.int1(), flags: reader.int2(), decimals: reader.int1(), json,
  };
  reader.skip(2);
  reader.finish();
  return column;
}
