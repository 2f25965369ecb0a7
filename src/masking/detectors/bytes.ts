/** Sets of bytes, and where words begin and end. */

/** By byte: 1 or 0. */
export type ByteSet = Uint8Array;

const BACKSLASH = 0x5c;
const SMALL_U = 0x75;

/** @param ranges such as `a-z` and single characters, all ASCII; `-` itself stands first */
export function byteSet(ranges: string, above = false): ByteSet {
  const set = new Uint8Array(256);
  for (const [, from = '', to = from] of ranges.matchAll(/([^])(?:-([^]))?/g)) set.fill(1, from.charCodeAt(0), (to === '' ? from : to).charCodeAt(0) + 1);
  if (above) set.fill(1, 0x80);
  return set;
}

export const DIGITS = byteSet('0-9');
export const WORD = byteSet('0-9A-Za-z_');

export const isIn = (set: ByteSet, byte: number | undefined): boolean => byte !== undefined && set[byte] === 1;

/** Can a word begin at `at`? A letter behind a backslash may be an escape (`\n`) and counts as no word's. */
export function wordBegins(value: Buffer, at: number): boolean {
  return !isIn(WORD, value[at - 1]) || value[at - 2] === BACKSLASH;
}

/** Where what looks like a word from `start` to `end` really begins: behind the escape (`\n`, `\u003c`) whose letters it seems to begin with. */
export function behindEscape(value: Buffer, start: number, end: number): number {
  let backslashes = 0;
  while (value[start - 1 - backslashes] === BACKSLASH) backslashes++;
  if (backslashes % 2 === 0) return start;
  return Math.min(start + (value[start] === SMALL_U ? 5 : 1), end);
}

/** Does the text stand there? */
export function standsAt(value: Buffer, at: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index++) if (value[at + index] !== text[index]) return false;
  return true;
}
