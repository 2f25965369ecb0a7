/** The values that stand for all others of a type. */

import type { Shape } from './shapes.ts';
import { characters } from './wire-mask.ts';

/** Of every date and time. 2000-01-01 is PostgreSQL's own day zero. */
const DAY = '2000-01-01';
export const STARS = '***';

/**
 * The text of the value that `redact` shows for any value of the type, as the server prints it (but for settings that change how it prints);
 * undefined where only NULL will do.
 */
export function redacted(shape: Shape): string | undefined {
  switch (shape.family) {
    case 'text': return cut(STARS, shape);
    case 'integer': case 'float': return '0';
    case 'decimal': return decimal('0', shape.scale);
    case 'boolean': return 'f';
    case 'date': return DAY;
    case 'timestamp': return shape.zoned ? `${DAY} 00:00:00+00` : `${DAY} 00:00:00`;
    case 'time': case 'interval': return '00:00:00';
    case 'timetz': return '00:00:00+00';
    case 'uuid': return '00000000-0000-0000-0000-000000000000';
    case 'json': case 'jsonb': case 'array': return '{}';
    case 'blob': return '';
    case 'binary': return '\0'.repeat(shape.length);
    case 'other': return undefined;
  }
}

/** The text of a policy's own constant as a value of the type; undefined when it surely or perhaps isn't one. */
export function constantText(shape: Shape, value: string): string | undefined {
  if (value.includes('\0')) return undefined;
  switch (shape.family) {
    case 'text': return shape.length !== undefined && characters(value).length > shape.length ? undefined : cut(value, shape);
    case 'integer': return integer(value, shape);
    case 'decimal': return decimalValue(value, shape);
    case 'boolean': return value === 'true' ? 't' : value === 'false' ? 'f' : undefined;
    case 'date': return isDate(value) ? value : undefined;
    case 'uuid': return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? value : undefined;
    case 'json': case 'jsonb': return canonicalJson(value);
    case 'float': case 'timestamp': case 'time': case 'timetz': case 'interval': case 'array': case 'blob': case 'binary': case 'other': return undefined;
  }
}

/** Cut to the length in characters. */
function cut(text: string, { length }: { readonly length?: number }): string {
  return length === undefined ? text : characters(text).slice(0, length).join('');
}

function integer(value: string, { bytes, unsigned }: { readonly bytes: number; readonly unsigned: boolean }): string | undefined {
  if (!/^(?:0|-?[1-9]\d{0,19})$/.test(value)) return undefined;
  const limit = 1n << BigInt(bytes * 8 - (unsigned ? 0 : 1));
  const number = BigInt(value);
  return number < limit && number >= (unsigned ? 0n : -limit) ? value : undefined;
}

function decimalValue(value: string, { precision, scale }: { readonly precision?: number; readonly scale?: number }): string | undefined {
  const [, whole, digits = ''] = /^-?(0|[1-9]\d{0,30})(?:\.(\d{1,30}))?$/.exec(value) ?? [];
  if (whole === undefined || /^-[0.]+$/.test(value)) return undefined;
  if (precision === undefined || scale === undefined) return value;
  if (scale < 0 || digits.length > scale || whole.replace(/^0$/, '').length > precision - scale) return undefined;
  return decimal(value, scale);
}

function decimal(value: string, scale = 0): string {
  const [whole = '', digits = ''] = value.split('.');
  return scale > 0 ? `${whole}.${digits.padEnd(scale, '0')}` : value;
}

function isDate(value: string): boolean {
  if (!/^(?:19|20)\d\d-\d\d-\d\d$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

/** Only what each server prints alike: a string, `{}`, `[]`, true, false, null or a small whole number. */
function canonicalJson(value: string): string | undefined {
  return /^(?:\{\}|\[\]|true|false|null|0|-?[1-9]\d{0,8}|"[ !#-[\]-~]*")$/.test(value) ? value : undefined;
}
