/**
 * Finds what some detectors look for in single values, and puts `[email]`, `[card]` or `[key]` in its place. One pass over pairs of bytes tells
 * of most values that nothing can be in them.
 */

import { card } from './card.ts';
import { byteSet, isIn } from './bytes.ts';
import { DETECTORS, type Detector, type DetectorName } from './detector.ts';
import { email } from './email.ts';
import { key } from './key.ts';
import type { Tally } from './tally.ts';

const ALL: Readonly<Record<DetectorName, Detector>> = { email, card, key };

/** `json`: a hit that is no part of a string (a number) becomes one, in a `plain` text that looks like JSON as well. `escaped`: letters behind backslashes are escapes, as in COPY's text format. */
export type TextForm = 'plain' | 'json' | 'escaped';

interface Hit {
  readonly name: DetectorName;
  readonly start: number;
  readonly end: number;
}

/** No hit is shorter: `a@b.co`. Bytes. */
const SHORTEST = 6;

export class Finder {
  readonly names: readonly DetectorName[];
  /** By pair of bytes: which of the detectors may find something, as bits in the order of the names. */
  readonly #hints = new Uint8Array(0x1_0000);

  constructor(names: readonly DetectorName[]) {
    this.names = names;
    for (const [index, name] of names.entries()) {
      for (const [first, second] of ALL[name].hints) this.#hints[(first << 8) | second] = (this.#hints[(first << 8) | second] as number) | (1 << index);
    }
  }

  /** The value `bytes[start, end)` with all hits replaced; undefined: there are none. @param tally is told of them */
  replaced(bytes: Buffer, start: number, end: number, form: TextForm, tally: Tally): Buffer | undefined {
    if (end - start < SHORTEST) return undefined;
    const hints = this.#hints;
    let may = 0;
    let pair = 0;
    for (let at = start; at < end; at++) {
      pair = ((pair & 0xff) << 8) | (bytes[at] as number);
      may |= hints[pair] as number;
    }
    if (may === 0) return undefined;
    const value = bytes.subarray(start, end);
    const hits = this.#hits(value, may, form);
    if (hits.length === 0) return undefined;
    for (const { name } of hits) tally.add(name);
    return withLabels(value, form === 'json' || (form === 'plain' && looksLikeJson(value)) ? quoted(value, hits) : hits);
  }

  /** In order, none within another. */
  #hits(value: Buffer, may: number, form: TextForm): readonly Hit[] {
    const all: Hit[] = [];
    for (const [index, name] of this.names.entries()) {
      if ((may & (1 << index)) !== 0) ALL[name].find(value, form !== 'plain', (start, end) => all.push({ name, start, end }));
    }
    return this.names.length === 1 ? all : merged(all.toSorted((a, b) => a.start - b.start || b.end - a.end));
  }
}

/** Hits that overlap are one, of the first's kind. */
function merged(hits: readonly Hit[]): readonly Hit[] {
  const apart: Hit[] = [];
  for (const hit of hits) {
    const last = apart.at(-1);
    if (last === undefined || hit.start >= last.end) apart.push(hit);
    else if (hit.end > last.end) apart[apart.length - 1] = { ...last, end: hit.end };
  }
  return apart;
}

interface Labelled extends Hit {
  readonly bare?: boolean;
}

/** An object, or an array of objects, arrays or strings. */
const looksLikeJson = (value: Buffer): boolean => value[0] === BRACE || (value[0] === BRACKET && (value[1] === BRACE || value[1] === BRACKET || value[1] === QUOTE));

const BRACE = 0x7b;
const BRACKET = 0x5b;
const NUMBER = byteSet('-+.0-9Ee');
const MINUS = 0x2d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** In JSON a number that is a hit becomes a string, with its sign and whatever belongs to it. */
function quoted(value: Buffer, hits: readonly Hit[]): readonly Labelled[] {
  let inString = false;
  let at = 0;
  return hits.map((hit) => {
    for (; at < hit.start; at++) {
      const byte = value[at];
      if (byte === QUOTE) inString = !inString;
      else if (byte === BACKSLASH) at++;
    }
    if (inString || hit.name !== 'card') return hit;
    let end = hit.end;
    while (isIn(NUMBER, value[end])) end++;
    return { ...hit, start: value[hit.start - 1] === MINUS ? hit.start - 1 : hit.start, end, bare: true };
  });
}

const LABELS = Object.fromEntries(DETECTORS.map((name) => [name, Buffer.from(`[${name}]`)])) as Record<DetectorName, Buffer>;
const BARE = Object.fromEntries(DETECTORS.map((name) => [name, Buffer.from(`"[${name}]"`)])) as Record<DetectorName, Buffer>;

function withLabels(value: Buffer, hits: readonly Labelled[]): Buffer {
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const { name, start, end, bare } of hits) {
    pieces.push(value.subarray(copied, start), (bare === true ? BARE : LABELS)[name]);
    copied = end;
  }
  pieces.push(value.subarray(copied));
  return Buffer.concat(pieces);
}

const finders = new Map<string, Finder>();

/** The one of these detectors, each of which may be named several times. */
export function finderOf(names: Iterable<DetectorName>): Finder | undefined {
  const wanted = new Set(names);
  const ordered = DETECTORS.filter((name) => wanted.has(name));
  if (ordered.length === 0) return undefined;
  const at = ordered.join();
  let finder = finders.get(at);
  if (finder === undefined) finders.set(at, (finder = new Finder(ordered)));
  return finder;
}
