/**
 * Masks as PostgreSQL's SQL. Whatever search_path is set and whatever functions, operators and types users made, each name in it is the
 * server's own: functions and types are qualified, operators too.
 */

import { hmacKeys, join, looks, wireOf } from './mask.ts';
import type { LookingMask, MadeMask, MaskTerms, Pieces, Target } from './mask.ts';
import { isForeign, qualifiedType } from './shapes.ts';
import type { Shape } from './shapes.ts';
import { characters, WIRE_NULL } from './wire-mask.ts';
import type { WireMask } from './wire-mask.ts';

export function postgresMask({ column, hashKey }: Target, shape: Shape, { mask, hideNulls }: MaskTerms, constant: string | undefined): MadeMask {
  const type = qualifiedType(column.type);
  if (looks(mask)) {
    const made = join(['CAST(', looking(mask, shape, hashKey, hideNulls), ` AS ${type})`]);
    const sql = hideNulls || column.notNull === true ? made : unlessNull(made, type);
    return { sql, wire: wireOf(mask, shape, hashKey) };
  }
  if (constant === undefined) return { sql: [nullOf(column.type)], wire: WIRE_NULL };
  const value = `CAST(${literal(constant, shape)} AS ${type})`;
  return { sql: hideNulls || column.notNull === true ? [value] : unlessNull([value], type), wire: postgresConstant(constant, shape) };
}

/**
 * A domain may be NOT NULL, and a cast to it would say so; an element that isn't there is NULL without a cast.
 * @param type as the catalog prints it
 */
export function nullOf(type: string): string {
  // A column of a view may be of the type that only pg_statistic has, which nothing can be cast to.
  if (type === 'anyarray') return 'CAST(NULL AS pg_catalog.text[])';
  return isForeign(type) && !type.endsWith(']') ? `(CAST('{}' AS ${type}[]))[1]` : `CAST(NULL AS ${qualifiedType(type)})`;
}

/** Both branches are of exactly the type, or the whole would have lost its length. */
function unlessNull(pieces: Pieces, type: string): Pieces {
  return join([['CASE WHEN ', ` IS NULL THEN CAST(NULL AS ${type}) ELSE `], pieces, ' END']);
}

/** Of type text. Of a value that isn't NULL it never is NULL. */
function looking(mask: LookingMask, shape: Shape, key: Buffer, hideNulls: boolean): Pieces {
  const value: Pieces = hideNulls && shape.family === 'text' ? [`COALESCE(CAST(`, ` AS pg_catalog.text), '')`] : ['CAST(', ' AS pg_catalog.text)'];
  switch (mask) {
    case 'hash': return shape.family === 'uuid' ? join(['pg_catalog.substr(', hash(hideNulls ? [`COALESCE(CAST(`, ` AS pg_catalog.text), '')`] : value, key), ', 1, 32)']) : hash(value, key);
    case 'last4': return join(['CASE WHEN pg_catalog.char_length(', value, `) OPERATOR(pg_catalog.>=) 8 THEN '****' OPERATOR(pg_catalog.||) pg_catalog."right"(`, value, `, 4) ELSE '****' END`]);
    case 'partial': return join([
      'CASE WHEN pg_catalog.char_length(', value, ') OPERATOR(pg_catalog.>=) 5 THEN pg_catalog."left"(', value, `, 1) OPERATOR(pg_catalog.||) '***' OPERATOR(pg_catalog.||) pg_catalog."right"(`, value, `, 1) ELSE '***' END`]);
    // Through bytes, so that the collation C, without which some collations can't be searched, doesn't become that of the result.
    case 'email': return join([
      `'***' OPERATOR(pg_catalog.||) COALESCE(pg_catalog.convert_from(pg_catalog.convert_to(pg_catalog."substring"(`, value, ` COLLATE pg_catalog."C", '@[A-Za-z0-9.-]{1,253}$'), 'UTF8'), 'UTF8'), '')`]);
  }
}

/** HMAC-SHA-256 in hexadecimal digits, so that nothing need be installed. */
function hash(value: Pieces, key: Buffer): Pieces {
  const [inner, outer] = hmacKeys(key).map((bytes) => `pg_catalog.decode('${bytes.toString('hex')}', 'hex')`);
  return join([
    `pg_catalog.encode(pg_catalog.sha256(${outer} OPERATOR(pg_catalog.||) pg_catalog.sha256(${inner} OPERATOR(pg_catalog.||) pg_catalog.convert_to(`, value, `, 'UTF8'))), 'hex')`]);
}

function literal(constant: string, { family }: Shape): string {
  if (family === 'blob') return `''`;
  return family === 'integer' || family === 'decimal' || family === 'float' ? constant.startsWith('-') ? `(${constant})` : constant : `'${constant.replaceAll('\'', '\'\'')}'`;
}

/** What the server would send for the constant. */
function postgresConstant(constant: string, shape: Shape): WireMask {
  if (shape.family === 'text') {
    const text = shape.padded && shape.length !== undefined ? constant + ' '.repeat(shape.length - characters(constant).length) : constant;
    return { look: 'never', text, binary: Buffer.from(text).toString('base64') };
  }
  const text = shape.family === 'blob' ? '\\x' : constant;
  const binary = postgresBinary(constant, shape);
  return { look: 'never', text, ...(binary === undefined ? {} : { binary: binary.toString('base64') }) };
}

const EPOCH = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

/** As the types' send functions write it. Undefined for arrays, whose elements' type the wire names by a number. */
function postgresBinary(constant: string, shape: Shape): Buffer | undefined {
  switch (shape.family) {
    case 'integer': return bigEndian(BigInt(constant), shape.bytes);
    case 'float': return Buffer.alloc(shape.bytes);
    case 'decimal': return numeric(constant);
    case 'boolean': return Buffer.of(constant === 't' ? 1 : 0);
    case 'date': return bigEndian(BigInt(Math.round((Date.parse(`${constant}T00:00:00Z`) - EPOCH) / DAY_MS)), 4);
    case 'timestamp': case 'time': return Buffer.alloc(8);
    case 'timetz': return Buffer.alloc(12);
    case 'interval': return Buffer.alloc(16);
    case 'uuid': return Buffer.from(constant.replaceAll('-', ''), 'hex');
    case 'json': return Buffer.from(constant);
    case 'jsonb': return Buffer.concat([Buffer.of(1), Buffer.from(constant)]);
    case 'blob': return Buffer.alloc(0);
    case 'text': case 'binary': case 'array': case 'other': return undefined;
  }
}

function bigEndian(value: bigint, bytes: number): Buffer {
  const all = Buffer.alloc(8);
  all.writeBigInt64BE(value);
  return all.subarray(8 - bytes);
}

/** numeric_send: digits of base 10,000, weight of the first, sign, and how many decimals to show. */
function numeric(text: string): Buffer {
  const negative = text.startsWith('-');
  const [whole = '', decimals = ''] = text.replace('-', '').split('.');
  const left = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
  const right = decimals.padEnd(Math.ceil(decimals.length / 4) * 4, '0');
  const digits = ((left + right).match(/\d{4}/g) ?? []).map(Number);
  let weight = left.length / 4 - 1;
  while (digits[0] === 0) {
    digits.shift();
    weight--;
  }
  while (digits.at(-1) === 0) digits.pop();
  const all = Buffer.alloc(8 + digits.length * 2);
  all.writeInt16BE(digits.length, 0);
  all.writeInt16BE(digits.length === 0 ? 0 : weight, 2);
  all.writeUInt16BE(negative ? 0x4000 : 0, 4);
  all.writeInt16BE(decimals.length, 6);
  for (const [at, digit] of digits.entries()) all.writeInt16BE(digit, 8 + at * 2);
  return all;
}
