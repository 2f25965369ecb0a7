/** E-mail addresses: `local@domain.tld` (RFC 5322, dot-atoms), letters beyond ASCII among them (RFC 6531). No quoted local parts, no addresses of one label. */

import { behindEscape, byteSet, isIn } from './bytes.ts';
import type { Detector } from './detector.ts';

const AT = 0x40;
const DOT = 0x2e;

/** Without characters that more often stand around an address than in it: quotes, `/ = ! * ? ^ { | }`. */
const LOCAL = byteSet('-0-9A-Za-z_.+%&#~$', true);
const DOMAIN = byteSet('-0-9A-Za-z.', true);
const LETTER = byteSet('A-Za-z', true);
const TRAILING = byteSet('-.');

export const email: Detector = {
  hints: Array.from({ length: 256 }, (_, byte) => [byte, AT] as const),
  find(value, escapes, onHit) {
    let from = 0;
    for (let at = value.indexOf(AT); at !== -1; at = value.indexOf(AT, Math.max(at + 1, from))) {
      let start = at;
      while (start > from && LOCAL[value[start - 1] as number] === 1) start--;
      const end = domainEnd(value, at + 1);
      if (start === at || end === -1) continue;
      const begins = escapes ? behindEscape(value, start, at) : start;
      // Nothing but an escape (`\u0061@…`) is a letter, too.
      onHit(begins === at ? start - 1 : begins, end);
      from = end;
    }
  },
};

/** Where the domain that begins at `from` ends; -1: there is none. */
function domainEnd(value: Buffer, from: number): number {
  if (value[from] === DOT) return -1;
  let end = from;
  while (isIn(DOMAIN, value[end])) end++;
  while (end > from && isIn(TRAILING, value[end - 1])) end--;
  let dot = end - 1;
  while (dot > from && value[dot] !== DOT) dot--;
  const known = dot > from && end - dot > 2 && isIn(LETTER, value[dot + 1]);
  return known ? end : -1;
}
