import { ByteReader } from '../../framing/reader.ts';
import { HEADER_BYTES } from './frame.ts';

/** What of a result column counts here: where its values come from, and how they are written. */
export interface FieldDescription {
  /** OID of the table; 0: none that the server can name. */
  readonly table: number;
  /** Number of the column there; 0: the whole row, negative: a system column. */
  readonly number: number;
  /** OID of its type; of a domain, the type under it. */
  readonly type: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

/** Byte1('T') Int32 Int16 (String Int32 Int16 Int32 Int16 Int32 Int16)[n]. */
export function decodeRowDescription(bytes: Buffer, start: number, end: number): FieldDescription[] {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const fields: FieldDescription[] = [];
  for (let left = reader.uint16(); left > 0; left--) {
    reader.cbytes();
    const table = reader.uint32();
    const number = (reader.uint16() << 16) >> 16;
    const type = reader.uint32();
    reader.bytes(6);
    fields.push({ table, number, type, format: reader.uint16() });
  }
  reader.finish();
  return fields;
}
