/** Masks at the wire: what an agent sees of a value that was on its way to it although its column is masked. */

import { createHash } from 'node:crypto';
import { characters, unpadded } from './wire-mask.ts';
import type { WireMask } from './wire-mask.ts';
import type { MaskedColumn } from './sight.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const EMPTY = Buffer.alloc(0);

/**
 * Never throws; what can't be masked as the policy says becomes NULL.
 * @param value undecoded; text in UTF-8, MySQL's binary values without the length before them. null: NULL
 * @param format 0 text, 1 binary
 */
export function maskCell({ wire, hideNulls }: Pick<MaskedColumn, 'wire' | 'hideNulls'>, value: Buffer | null, format: number, protocol: 'postgres' | 'mysql'): Buffer | null {
  if (wire === undefined || (format !== 0 && format !== 1) || (value === null && !hideNulls)) return null;
  try {
    return masked(wire, value, format, protocol);
  } catch {
    return null;
  }
}

function masked(wire: WireMask, value: Buffer | null, format: number, protocol: 'postgres' | 'mysql'): Buffer | null {
  if (wire.look === 'never') return constant(wire)[format] ?? null;
  if (wire.look === 'hash' && wire.uuid) return hashedUuid(wire, value, format);
  const decoded = UTF8.decode(value ?? EMPTY);
  const text = wire.padded ? unpadded(decoded) : decoded;
  const all = characters(wire.look === 'hash' ? hash(wire.keys, text) : shown(wire.look, text));
  const cut = wire.length === undefined ? all : all.slice(0, wire.length);
  const spaces = wire.padded && protocol === 'postgres' && wire.length !== undefined ? wire.length - cut.length : 0;
  return Buffer.from(cut.join('') + ' '.repeat(spaces));
}

/** By format; made once, since rows come by the million. */
const CONSTANTS = new WeakMap<WireMask, readonly (Buffer | null)[]>();

function constant(wire: WireMask & { readonly look: 'never' }): readonly (Buffer | null)[] {
  let bytes = CONSTANTS.get(wire);
  if (bytes === undefined) {
    bytes = [wire.text === undefined ? null : Buffer.from(wire.text), wire.binary === undefined ? null : Buffer.from(wire.binary, 'base64')];
    CONSTANTS.set(wire, bytes);
  }
  return bytes;
}

function shown(look: 'last4' | 'partial' | 'email', text: string): string {
  const all = characters(text);
  switch (look) {
    case 'last4': return all.length >= 8 ? `****${all.slice(-4).join('')}` : '****';
    case 'partial': return all.length >= 5 ? `${all[0] ?? ''}***${all.at(-1) ?? ''}` : '***';
    case 'email': return /@[A-Za-z0-9.-]{1,253}$/.test(text) ? `***${text.slice(text.lastIndexOf('@'))}` : '***';
  }
}

function hash([inner, outer]: readonly [string, string], text: string): string {
  const first = createHash('sha256').update(inner, 'base64').update(text).digest();
  return createHash('sha256').update(outer, 'base64').update(first).digest('hex');
}

function hashedUuid({ keys }: { readonly keys: readonly [string, string] }, value: Buffer | null, format: number): Buffer | null {
  const hex = value === null ? '' : format === 0 ? value.toString('latin1').replaceAll('-', '').toLowerCase() : value.toString('hex');
  if (hex !== '' && !/^[0-9a-f]{32}$/.test(hex)) return null;
  const digits = hash(keys, dashed(hex)).slice(0, 32);
  return format === 0 ? Buffer.from(dashed(digits)) : Buffer.from(digits, 'hex');
}

const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
