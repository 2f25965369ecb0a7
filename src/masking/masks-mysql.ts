/**
 * Masks as SQL of MySQL and MariaDB. Stored functions can't stand in the place of the server's own there, nor can anything else.
 *
 * A mask stays with its row: under an outer join these servers merge a subquery into the query around it, and a plain constant would show
 * where there is no row at all.
 */

import { hmacKeys, join, looks, wireOf } from './mask.ts';
import type { LookingMask, MadeMask, MaskTerms, Pieces, Target } from './mask.ts';
import type { Shape } from './shapes.ts';
import { WIRE_NULL } from './wire-mask.ts';
import type { WireMask } from './wire-mask.ts';
import type { ColumnData } from '../sql/catalog.ts';
import { mysqlName } from '../sql/quoting.ts';

const COLUMN: Pieces = ['', ''];

export function mysqlMask({ column, anchor, hashKey }: Target, shape: Shape, { mask, hideNulls }: MaskTerms, constant: string | undefined): MadeMask {
  if (looks(mask)) {
    const value = join(['CONVERT(', COLUMN, ' USING utf8mb4)']);
    const made = typed(looking(mask, shape, hideNulls ? join(['COALESCE(', value, `, '')`]) : value, hashKey), column, shape);
    return { sql: inRow(made, column, anchor, hideNulls), wire: wireOf(mask, shape, hashKey) };
  }
  if (constant === undefined) return { sql: nullOf(column, shape), wire: WIRE_NULL };
  return { sql: inRow(typed([literal(constant, shape)], column, shape), column, anchor, hideNulls), wire: mysqlConstant(constant, shape) };
}

function inRow(pieces: Pieces, column: ColumnData, anchor: string | undefined, hideNulls: boolean): Pieces {
  if (column.notNull !== true && !hideNulls) return join(['IF(', COLUMN, ' IS NULL, NULL, ', pieces, ')']);
  const there: Pieces = anchor === undefined ? COLUMN : [mysqlName(anchor)];
  return join(['IF(', there, ' = ', there, ', ', pieces, ', NULL)']);
}

/** Needs no row. Types that nothing can be cast to take theirs from the column, which isn't looked at. */
function nullOf(column: ColumnData, shape: Shape): Pieces {
  switch (shape.family) {
    case 'text': case 'integer': case 'decimal': case 'float': case 'date': case 'timestamp': case 'time': case 'json': case 'binary': case 'blob': return typed(['NULL'], column, shape);
    case 'boolean': case 'timetz': case 'interval': case 'uuid': case 'jsonb': case 'array': case 'other': return ['IF(FALSE, ', ', NULL)'];
  }
}

/** The value as one of the column's type, as nearly as a cast can say it. */
function typed(value: Pieces, column: ColumnData, shape: Shape): Pieces {
  switch (shape.family) {
    case 'text': return textual(value, column, shape.length);
    case 'integer': return join(['CAST(', value, shape.unsigned ? ' AS UNSIGNED)' : ' AS SIGNED)']);
    case 'decimal': return join(['CAST(', value, ` AS DECIMAL(${shape.precision ?? 10}, ${shape.scale ?? 0}))`]);
    case 'float': return join(['CAST(', value, ' AS DOUBLE)']);
    case 'date': return join(['CAST(', value, ' AS DATE)']);
    case 'timestamp': return join(['CAST(', value, ` AS DATETIME(${shape.fraction ?? 0}))`]);
    case 'time': return join(['CAST(', value, ` AS TIME(${shape.fraction ?? 0}))`]);
    case 'json': return join(['CAST(', value, ' AS JSON)']);
    case 'binary': return join(['CAST(', value, ` AS BINARY(${shape.length}))`]);
    case 'blob': return join(['CAST(', value, ' AS BINARY)']);
    case 'boolean': case 'timetz': case 'interval': case 'uuid': case 'jsonb': case 'array': case 'other': return value;
  }
}

/** Cut first: a cast that cuts is an error where a strict statement writes. */
function textual(value: Pieces, { collation }: ColumnData, length: number | undefined): Pieces {
  const cut = length === undefined || value[0] === 'NULL' ? value : join(['LEFT(', value, `, ${length})`]);
  const known = collation !== undefined && /^[a-z0-9_]+$/i.test(collation) ? collation : undefined;
  const charset = known?.split('_')[0];
  const size = length === undefined ? '' : `(${length})`;
  return join(['CAST(', cut, ` AS CHAR${size}${charset === undefined ? '' : ` CHARACTER SET ${charset}`})${known === undefined ? '' : ` COLLATE ${known}`}`]);
}

/** Comparisons are by code points: in many a collation other characters equal the at sign. */
function looking(mask: LookingMask, shape: Shape, text: Pieces, key: Buffer): Pieces {
  const value = shape.family === 'text' && shape.padded ? join(['TRIM(TRAILING \' \' FROM ', text, ')']) : text;
  const exact = join([value, ' COLLATE utf8mb4_bin']);
  const domain = join(['SUBSTRING_INDEX(', exact, `, '@', -1)`]);
  switch (mask) {
    case 'hash': return hash(value, key);
    case 'last4': return join(['IF(CHAR_LENGTH(', value, `) >= 8, CONCAT('****', RIGHT(`, value, `, 4)), '****')`]);
    case 'partial': return join(['IF(CHAR_LENGTH(', value, ') >= 5, CONCAT(LEFT(', value, `, 1), '***', RIGHT(`, value, `, 1)), '***')`]);
    case 'email': return join([
      'IF(INSTR(', exact, `, '@') > 0 AND CHAR_LENGTH(`, domain, ') BETWEEN 1 AND 253 AND ', domain, ` NOT REGEXP '[^A-Za-z0-9.-]', CONCAT('***@', `, domain, `), '***')`]);
  }
}

function hash(value: Pieces, key: Buffer): Pieces {
  const [inner, outer] = hmacKeys(key).map((bytes) => `x'${bytes.toString('hex')}'`);
  return join([`SHA2(CONCAT(${outer}, UNHEX(SHA2(CONCAT(${inner}, CAST(`, value, ` AS BINARY)), 256))), 256)`]);
}

/** Text that a sql_mode could make the server read otherwise is written in hexadecimal digits. */
function literal(constant: string, shape: Shape): string {
  switch (shape.family) {
    case 'integer': case 'decimal': return constant;
    case 'float': return '0e0';
    case 'blob': case 'binary': return `''`;
    case 'text': return /^[ !#-&(-[\]-~]*$/.test(constant) ? `'${constant}'` : `CONVERT(x'${Buffer.from(constant).toString('hex')}' USING utf8mb4)`;
    case 'json': return /^[ -&(-[\]-~]*$/.test(constant) && !constant.includes('"') ? `'${constant}'` : `CONVERT(x'${Buffer.from(constant).toString('hex')}' USING utf8mb4)`;
    case 'boolean': case 'date': case 'timestamp': case 'time': case 'timetz': case 'interval': case 'uuid': case 'jsonb': case 'array': case 'other': return `'${constant}'`;
  }
}

function mysqlConstant(constant: string, shape: Shape): WireMask {
  const { text, binary } = mysqlForms(constant, shape);
  return { look: 'never', text, binary: binary.toString('base64') };
}

/** Binary values without the length before them. Server: sql/protocol_classic.cc, Protocol_binary. */
function mysqlForms(constant: string, shape: Shape): { text: string; binary: Buffer } {
  switch (shape.family) {
    case 'integer': return { text: constant, binary: littleEndian(BigInt(constant), shape.bytes === 3 ? 4 : shape.bytes) };
    case 'float': return { text: constant, binary: Buffer.alloc(shape.bytes) };
    case 'date': case 'timestamp': {
      const fraction = shape.family === 'timestamp' && shape.fraction !== undefined && shape.fraction > 0 ? `.${'0'.repeat(shape.fraction)}` : '';
      const [year = 0, month = 0, day = 0] = constant.slice(0, 10).split('-').map(Number);
      return { text: constant + fraction, binary: Buffer.of(year & 0xff, year >> 8, month, day) };
    }
    case 'time': return { text: shape.fraction === undefined || shape.fraction === 0 ? constant : `${constant}.${'0'.repeat(shape.fraction)}`, binary: Buffer.alloc(0) };
    case 'text': case 'decimal': case 'json': case 'binary': case 'blob': case 'boolean': case 'timetz': case 'interval': case 'uuid': case 'jsonb': case 'array': case 'other':
      return { text: constant, binary: Buffer.from(constant) };
  }
}

function littleEndian(value: bigint, bytes: number): Buffer {
  const all = Buffer.alloc(8);
  all.writeBigUInt64LE(BigInt.asUintN(64, value));
  return all.subarray(0, bytes);
}
