/** Private keys in PEM (RFC 7468), encrypted or not, and what is left of one that was cut. */

import { byteSet, isIn, standsAt } from './bytes.ts';

export const PEM_BEGIN = Buffer.from('-----BEGIN ');
const PEM_END = Buffer.from('-----END ');
const DASHES = Buffer.from('-----');
const LABEL = byteSet('0-9A-Z ');
/** `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`. */
const PRIVATE = /(?:^| )PRIVATE KEY(?: BLOCK)?$/;
const MOST_LABEL = 40;
const DASH = 0x2d;
/** Base64, lines, headers (`DEK-Info: AES-256-CBC,…`), and the backslashes of escaped lines. */
const BODY = byteSet('-0-9A-Za-z+/=\\:,._@() \t\r\n');

/** Of the private key whose first dash stands at `at`; -1: none begins there. */
export function pemEnd(value: Buffer, at: number): number {
  if (!standsAt(value, at, PEM_BEGIN)) return -1;
  const begun = labelEnd(value, at + PEM_BEGIN.length, true);
  if (begun === -1) return -1;
  let end = begun;
  while (isIn(BODY, value[end])) {
    if (value[end] === DASH && standsAt(value, end, PEM_END)) {
      const ended = labelEnd(value, end + PEM_END.length, false);
      if (ended !== -1) return ended;
    }
    end++;
  }
  return end;
}

/** Behind the label that begins at `from` and its dashes; -1: no such label. */
function labelEnd(value: Buffer, from: number, ofPrivate: boolean): number {
  let end = from;
  while (end - from <= MOST_LABEL && isIn(LABEL, value[end])) end++;
  if (!standsAt(value, end, DASHES) || (ofPrivate && !PRIVATE.test(value.toString('latin1', from, end)))) return -1;
  return end + DASHES.length;
}
