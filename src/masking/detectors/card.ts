/**
 * Numbers of payment cards: 13 to 19 digits, plain or in groups of three to six with one space or dash between them, of a known issuer
 * (ISO/IEC 7812-1) and length, and right by Luhn's formula (annex B).
 */

import { byteSet, DIGITS, isIn, WORD, wordBegins } from './bytes.ts';
import type { Detector, OnHit } from './detector.ts';

const DOT = 0x2e;
const SEPARATORS = byteSet('- ');
const LEAST = 13;
const MOST = 19;
const LEAST_GROUP = 3;
const MOST_GROUP = 6;

/** First digits, from and to, and the lengths of numbers that begin so. */
const ISSUERS: readonly (readonly [from: string, to: string, lengths: readonly number[]])[] = [
  ['4', '4', [13, 16, 19]], // Visa
  ['51', '55', [16]], ['2221', '2720', [16]], // Mastercard
  ['34', '34', [15]], ['37', '37', [15]], // American Express
  ['6011', '6011', [16, 17, 18, 19]], ['644', '659', [16, 17, 18, 19]], // Discover
  ['62', '62', [16, 17, 18, 19]], ['81', '81', [16, 17, 18, 19]], // UnionPay
  ['300', '305', [14, 15, 16, 17, 18, 19]], ['3095', '3095', [14, 16]], ['36', '36', [14]], ['38', '39', [14, 16]], // Diners Club
  ['3528', '3589', [16, 17, 18, 19]], // JCB
  ['2200', '2204', [16, 17, 18, 19]], // Mir
  ['508', '508', [16]], ['60', '60', [16]], ['82', '82', [16]], // RuPay
  ['5018', '5018', [13, 14, 15, 16, 17, 18, 19]], ['5020', '5020', [13, 14, 15, 16, 17, 18, 19]], ['5038', '5038', [13, 14, 15, 16, 17, 18, 19]], // Maestro
  ['5893', '5893', [13, 14, 15, 16, 17, 18, 19]], ['6304', '6304', [13, 14, 15, 16, 17, 18, 19]], ['6759', '6763', [13, 14, 15, 16, 17, 18, 19]],
];

/** By the first four digits as a number: bit n for the length n. */
const LENGTHS = lengths();

function lengths(): Uint32Array {
  const table = new Uint32Array(10_000);
  for (const [from, to, known] of ISSUERS) {
    const bits = known.reduce((all, length) => all | (1 << length), 0);
    for (let four = Number(from.padEnd(4, '0')); four <= Number(to.padEnd(4, '9')); four++) table[four] = (table[four] as number) | bits;
  }
  return table;
}

const digitPairs = Array.from({ length: 100 }, (_, pair) => [0x30 + Math.floor(pair / 10), 0x30 + (pair % 10)] as const);

export const card: Detector = {
  hints: digitPairs,
  find(value, _escapes, onHit) {
    const { length } = value;
    for (let at = 0; at < length;) {
      if (DIGITS[value[at] as number] !== 1) {
        at++;
        continue;
      }
      const end = groupEnd(value, at);
      at = wordBegins(value, at) && !inFraction(value, at) ? numbersFrom(value, at, end, onHit) : end;
    }
  },
};

function groupEnd(value: Buffer, at: number): number {
  let end = at + 1;
  while (isIn(DIGITS, value[end])) end++;
  return end;
}

/** The longest card that begins with the group `[start, firstEnd)`; answers with where to go on. */
function numbersFrom(value: Buffer, start: number, firstEnd: number, onHit: OnHit): number {
  let digits = firstEnd - start;
  if (digits > MOST || digits < LEAST_GROUP) return firstEnd;
  const issued = lengthsFrom(value, start);
  if (issued === 0) return firstEnd;
  let found = isCard(value, start, firstEnd, digits, issued) ? firstEnd : -1;
  let end = firstEnd;
  const separator = value[firstEnd];
  if (digits > MOST_GROUP || !isIn(SEPARATORS, separator)) digits = MOST;
  while (digits < MOST && value[end] === separator && isIn(DIGITS, value[end + 1])) {
    const next = groupEnd(value, end + 1);
    const size = next - end - 1;
    digits += size;
    if (size < LEAST_GROUP || size > MOST_GROUP || digits > MOST) break;
    end = next;
    if (isCard(value, start, end, digits, issued)) found = end;
  }
  if (found === -1) return firstEnd;
  onHit(start, found);
  return found;
}

/** @param issued see LENGTHS */
function isCard(value: Buffer, start: number, end: number, digits: number, issued: number): boolean {
  if (digits < LEAST || (issued & (1 << digits)) === 0 || isIn(WORD, value[end])) return false;
  return !(value[end] === DOT && isIn(DIGITS, value[end + 1])) && luhn(value, start, end);
}

/** Of numbers that begin so; 0: of none, or there aren't four digits. */
function lengthsFrom(value: Buffer, start: number): number {
  let four = 0;
  for (let at = start, left = 4; left > 0; at++) {
    const byte = value[at] as number;
    if (isIn(DIGITS, byte)) {
      four = four * 10 + byte - 0x30;
      left--;
    } else if (at - start !== LEAST_GROUP) return 0;
  }
  return LENGTHS[four] as number;
}

function luhn(value: Buffer, start: number, end: number): boolean {
  let sum = 0;
  let doubled = false;
  for (let at = end - 1; at >= start; at--) {
    const byte = value[at] as number;
    if (DIGITS[byte] !== 1) continue;
    const digit = (byte - 0x30) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
    doubled = !doubled;
  }
  return sum % 10 === 0;
}

/** Of a decimal number: a digit, a dot, and then these digits. */
const inFraction = (value: Buffer, at: number): boolean => value[at - 1] === DOT && isIn(DIGITS, value[at - 2]);
