/** What the policy says of one column, when several of its lines may say something. */

import type { SensitiveColumns } from './sensitive.ts';
import type { MaskTerms } from './mask.ts';
import type { MaskName } from './sight.ts';

export interface Terms extends MaskTerms {
  readonly filtered: SensitiveColumns['filtered'];
  readonly derived: SensitiveColumns['derived'];
  readonly copied: SensitiveColumns['copied'];
}

/** From what shows most to what shows least. `last4` and `partial` show different things. */
const STRENGTH: readonly MaskName[] = ['email', 'partial', 'last4', 'hash', 'constant', 'redact', 'null'];

/** Of what shows masked columns although no line names it: an expression over them. */
export const BESIDE: Terms = { mask: 'redact', hideNulls: true, filtered: 'hold', derived: 'mask', copied: 'hold' };
/** Of an expression over these. No lookups: the expression may have few values. */
export function beside(sources: readonly Terms[]): Terms {
  const all = sources.reduce(strongest);
  return { mask: BESIDE.mask, hideNulls: true, filtered: all.filtered === 'equality' ? 'hold' : all.filtered, derived: all.derived, copied: all.copied };
}

/** Of the server's own records of values and of statements. */
export const RECORDED: Terms = { ...BESIDE, mask: 'null', filtered: 'deny', copied: 'deny' };

export function termsOf({ mask, value, hideNulls, filtered, derived, copied }: SensitiveColumns): Terms {
  return { mask, hideNulls, filtered, derived, copied, ...(value === undefined ? {} : { value }) };
}

/** Allows only what both allow, and shows nothing that one of them doesn't. */
export function strongest(a: Terms, b: Terms): Terms {
  const { mask, value } = strongestMask(a, b);
  return {
    mask,
    ...(value === undefined ? {} : { value }),
    hideNulls: a.hideNulls || b.hideNulls,
    filtered: strongestFilter(a.filtered, b.filtered),
    derived: later(['mask', 'hold', 'deny'] as const, a.derived, b.derived),
    copied: later(['hold', 'deny'] as const, a.copied, b.copied),
  };
}

function strongestMask(a: MaskTerms, b: MaskTerms): Pick<MaskTerms, 'mask' | 'value'> {
  if (a.mask === b.mask && a.value === b.value) return a;
  const masks = new Set([a.mask, b.mask]);
  if (masks.size === 1 || (masks.has('partial') && masks.has('last4')) || (masks.has('email') && (masks.has('partial') || masks.has('last4')))) return { mask: 'redact' };
  return STRENGTH.indexOf(a.mask) > STRENGTH.indexOf(b.mask) ? a : b;
}

/** `equality` allows lookups by real values, `mask` conditions on masks: neither allows what the other does. */
function strongestFilter(a: Terms['filtered'], b: Terms['filtered']): Terms['filtered'] {
  if (a === b) return a;
  return a === 'deny' || b === 'deny' ? 'deny' : 'hold';
}

function later<T>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}
