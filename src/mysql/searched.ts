/** Values of text in which something is looked for. */

import type { Finder } from '../masking/detectors/finder.ts';
import type { Tally } from '../masking/detectors/tally.ts';
import { Refused } from '../protocol/refusal.ts';
import type { Search } from './cells.ts';
import type { ColumnDefinition } from './packets/column-definition.ts';

/** enum_field_types: VARCHAR, ENUM, SET, the BLOBs (and TEXTs), VAR_STRING, STRING. */
const STRINGS: ReadonlySet<number> = new Set([15, 247, 248, 249, 250, 251, 252, 253, 254]);
const JSON = 245;
/** The collation of what is no text. */
const BINARY = 63;
/**
 * Collations of character sets in which a byte of ASCII may be another character, or part of one (server: INFORMATION_SCHEMA.COLLATIONS): big5, cp932, gb18030, gbk,
 * sjis, swe7, ucs2, utf16, utf16le, utf32. MariaDB's without padding are 1024 further, and its uca1400 from 2048 on, 256 for each character set.
 */
const ILLEGIBLE: readonly (readonly [from: number, to: number])[] = [
  [1, 1], [84, 84], [95, 96], [248, 250], [28, 28], [87, 87], [13, 13], [88, 88], [10, 10], [82, 82], [35, 35], [90, 90], [128, 151], [159, 159], [640, 670],
  [54, 56], [62, 62], [101, 124], [672, 702], [60, 61], [160, 183], [736, 766],
];
const PADDING = 1024;
/** utf8mb3 and utf8mb4 are the first two of the uca1400; the others are ucs2, utf16 and utf32. */
const UCA_1400 = 2048;
const LEGIBLE_UCA = 512;

/** Undefined: its values are no text. Throws Refused for text in bytes that can't be searched. */
export function searchOf({ type, characterSet, name, json }: ColumnDefinition, finder: Finder, tally: Tally): Search | undefined {
  if (type === JSON) return (bytes, start, end) => finder.replaced(bytes, start, end, 'json', tally);
  if (!STRINGS.has(type) || characterSet === BINARY) return undefined;
  if (isIllegible(characterSet)) throw illegible(name);
  return (bytes, start, end) => finder.replaced(bytes, start, end, json ? 'json' : 'plain', tally);
}

function isIllegible(collation: number): boolean {
  if (collation >= UCA_1400) return collation >= UCA_1400 + LEGIBLE_UCA;
  return [collation, collation - PADDING].some((number) => ILLEGIBLE.some(([from, to]) => number >= from && number <= to));
}

function illegible(name: Buffer): Refused {
  return new Refused({
    code: 'mask_unsupported', message: `column '${name.toString('utf8')}' comes in a character set in which nothing can be looked for`,
    hint: 'SET NAMES utf8mb4, or CONVERT the column to utf8mb4.',
  });
}
