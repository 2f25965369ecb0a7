/** Values that masks are tried with. */

import type { MaskTerms } from '../../src/masking/mask.ts';
import { makeMask, misfit } from '../../src/masking/masks.ts';
import type { Dialect } from '../../src/masking/masks.ts';
import type { MaskedColumn } from '../../src/masking/sight.ts';
import { MASKS } from '../../src/masking/sight.ts';
import type { ColumnData } from '../../src/sql/catalog.ts';

export const HASH_KEY = Buffer.alloc(32, 7);

export const TEXTS: readonly (string | null)[] = [
  '', 'a', 'abcd', 'abcde', 'abcdefg', 'abcdefgh', '4111111111111111', 'jane@example.com', 'jane.doe@mail.example.co.uk', '@', 'x@', '@x', 'a@b@c.d',
  'naïve@exämple.com', 'kelvin@\u212A.com', 'wide＠x.com', 'é', 'éèêëéèêëéèêë', '日本語テキスト日本語', '😀😁😂😃😄😅😆😇😈', 'x@y.com\n', 'two\nlines@x.com', ' lead', 'trailing   ', 'a\'quote\\"`', null,
];

export function terms(mask: MaskTerms['mask'], hideNulls: boolean, value?: string): MaskTerms {
  return { mask, hideNulls, ...(value === undefined ? {} : { value }) };
}

/** All masks that fit a column, each with NULL kept and hidden. */
export function masksOf(dialect: Dialect, column: ColumnData, anchor?: string): { terms: MaskTerms; masked: MaskedColumn }[] {
  return MASKS.flatMap((mask) => [false, true].map((hideNulls) => terms(mask, hideNulls)))
    .filter((asked) => misfit(dialect, { column, ...(anchor === undefined ? {} : { anchor }) }, asked) === undefined)
    .map((asked) => ({ terms: asked, masked: maskedAs(dialect, column, asked, anchor) }));
}

export function maskedAs(dialect: Dialect, column: ColumnData, asked: MaskTerms, anchor?: string): MaskedColumn {
  const { name, number, type } = column;
  const made = makeMask(dialect, { column, hashKey: HASH_KEY, ...(anchor === undefined ? {} : { anchor }) }, asked);
  return { name, number, type, mask: asked.mask, ...made, hideNulls: asked.hideNulls, filtered: 'equality', derived: 'mask', copied: 'hold' };
}
