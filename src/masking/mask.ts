/** What all masks of both dialects have in common: what is asked for, and what it is made of. */

import type { ColumnData } from '../sql/catalog.ts';
import type { MaskName } from './sight.ts';
import type { Shape } from './shapes.ts';
import type { WireMask } from './wire-mask.ts';

export interface MaskTerms {
  readonly mask: MaskName;
  /** Of `constant`. Without it: as `redact`. */
  readonly value?: string;
  readonly hideNulls: boolean;
}

/** One column as a mask is made for it. */
export interface Target {
  readonly column: ColumnData;
  /** MySQL: a column of the same relation that is never NULL, with which a mask stays with its row under outer joins. */
  readonly anchor?: string;
  /** Of the masks `hash`. 32 bytes. */
  readonly hashKey: Buffer;
}

/** An expression around the column: its SQL before the column, between and after. One piece: without it. */
export type Pieces = readonly string[];

export interface MadeMask {
  readonly sql: Pieces;
  readonly wire: WireMask;
}

/** The mask isn't one for the type. */
export interface Misfit {
  readonly mask: MaskName;
  /** Why, and which do fit. Completes "customers.email: ". */
  readonly sentence: string;
}

/** Shortest text length that can hold what the mask makes without its meaning being cut off. */
export const LEAST_LENGTH = { hash: 16, last4: 8, partial: 5, email: 6 } as const;
export type LookingMask = keyof typeof LEAST_LENGTH;

export function looks(mask: MaskName): mask is LookingMask {
  return mask in LEAST_LENGTH;
}

/** HMAC's keys: of 64 bytes, XOR'd with its two pads (RFC 2104). */
export function hmacKeys(key: Buffer): readonly [inner: Buffer, outer: Buffer] {
  const block = Buffer.alloc(64);
  key.copy(block, 0, 0, 64);
  return [block.map((byte) => byte ^ 0x36) as Buffer, block.map((byte) => byte ^ 0x5c) as Buffer];
}

export function wireOf(mask: LookingMask, shape: Shape, key: Buffer): WireMask {
  const [length, padded] = shape.family === 'text' ? [shape.length, shape.padded] : [undefined, false];
  const size = length === undefined ? { padded } : { length, padded };
  if (mask !== 'hash') return { look: mask, ...size };
  const [inner, outer] = hmacKeys(key);
  return { look: 'hash', keys: [inner.toString('base64'), outer.toString('base64')], uuid: shape.family === 'uuid', ...size };
}

/** Joins expressions over the column with SQL between them. */
export function join(parts: readonly (string | Pieces)[]): Pieces {
  const all = [''];
  for (const part of parts) {
    const [first = '', ...rest] = typeof part === 'string' ? [part] : part;
    all[all.length - 1] += first;
    all.push(...rest);
  }
  return all;
}
