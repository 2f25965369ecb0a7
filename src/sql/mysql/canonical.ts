/**
 * A statement written anew from its tokens, in the one form that other parsers read as the servers do: no comments, blanks only between
 * words, names in backticks, plain strings and numbers. What the text says of tables, columns and calls stays; values may not.
 */

import { nameOf } from './cursor.ts';
import { RESERVED } from './keywords.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';

export interface Canonical {
  readonly text: string;
  /** Names that stand for others, which could be read amiss: blanks, quotes, letters beyond ASCII, reserved words, `dual`. */
  readonly names: ReadonlyMap<string, string>;
  /** Parentheses within parentheses, at most. */
  readonly depth: number;
  /** CASTs within CASTs, at most. */
  readonly casts: number;
}

/** Behind these verbs, words that say how and not what; they are reserved, or followed by what can only follow them as such. */
const MANNERS: Readonly<Record<string, readonly string[]>> = {
  SELECT: ['HIGH_PRIORITY', 'STRAIGHT_JOIN', 'SQL_SMALL_RESULT', 'SQL_BIG_RESULT', 'SQL_CALC_FOUND_ROWS', 'SQL_BUFFER_RESULT', 'SQL_NO_CACHE', 'SQL_CACHE'],
  INSERT: ['LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE'],
  REPLACE: ['LOW_PRIORITY', 'DELAYED'],
  UPDATE: ['LOW_PRIORITY', 'IGNORE'],
  DELETE: ['LOW_PRIORITY', 'QUICK', 'IGNORE'],
};

/** `_utf8mb4'…'`: what a string's bytes are read as. */
const INTRODUCER = /^_(?:utf8|utf8mb3|utf8mb4|binary|ascii|latin[1257]|cp\d+|ucs2|utf16|utf16le|utf32|koi8[ru]|greek|hebrew|dec8|hp8)$/i;

const PLAIN_NAME = /^[A-Za-z_][\w]*$/;
const PLAIN_NUMBER = /^\d{1,15}(?:\.\d{1,15})?$/;

/** Every string begins like this, and no name does: no server takes a string for a table, but parsers do. */
export const STRING_MARK = 'string ';

/** Of a string this much is kept. Characters. */
const STRING = 24;

/** @returns undefined when the text would be longer than `most` characters */
export function canonical(tokens: readonly Token[], from: number, most: number): Canonical | undefined {
  const writer = new Writer(tokens);
  for (let at = from; at < tokens.length; at = writer.write(at)) if (writer.length > most) return undefined;
  return writer.length > most ? undefined : writer;
}

class Writer implements Canonical {
  readonly names = new Map<string, string>();
  readonly #stands = new Map<string, string>();
  readonly #tokens: readonly Token[];
  readonly #parts: string[] = [];
  /** For each parenthesis that is open: is it CAST's? */
  readonly #open: boolean[] = [];
  length = 0;
  depth = 0;
  casts = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get text(): string {
    return this.#parts.join('');
  }

  /** Writes what stands here. Returns the index of what is next. */
  write(at: number): number {
    const token = this.#tokens[at] as Token;
    switch (token.kind) {
      case 'string':
        return this.#string(at);
      case 'number':
        this.#put(PLAIN_NUMBER.test(token.text) ? token.text : '1');
        return at + 1;
      case 'variable':
        this.#put(`@${PLAIN_NAME.test(token.text) ? token.text : 'x'}`);
        return at + 1;
      case 'name':
        this.#put(this.#ofVariable(at) ? nameOf(token) : `\`${this.#name(nameOf(token))}\``, this.#touches(at));
        return at + 1;
      case 'word':
        return this.#word(at, token);
      case 'symbol':
        this.#symbol(at, token.text);
        return at + 1;
    }
  }

  #put(text: string, touches = false): void {
    const part = touches || this.#parts.length === 0 || this.#parts.at(-1)?.endsWith('(') === true ? text : ` ${text}`;
    this.#parts.push(part);
    this.length += part.length;
  }

  /** Names are written close to their points, and a call close to its parenthesis where it was. */
  #touches(at: number): boolean {
    return isSymbol(this.#tokens[at - 1], '.') || isSymbol(this.#tokens[at - 1], '@@');
  }

  /** `@@a`, `@@session.a`. */
  #ofVariable(at: number): boolean {
    return isSymbol(this.#tokens[at - 1], '@@') || (isSymbol(this.#tokens[at - 1], '.') && isSymbol(this.#tokens[at - 3], '@@'));
  }

  /** Strings side by side are one. */
  #string(at: number): number {
    let next = at;
    while (this.#tokens[next]?.kind === 'string') next++;
    const value = this.#tokens[at]?.text.slice(0, STRING).replaceAll(/[^\w $.[\]-]/g, '_') ?? '';
    this.#put(`'${STRING_MARK}${value}'`);
    return next;
  }

  #word(at: number, token: Token): number {
    const next = this.#tokens[at + 1];
    if (['LOCK', 'IN', 'SHARE', 'MODE'].every((word, ahead) => isWord(this.#tokens[at + ahead], word))) {
      this.#put('FOR UPDATE');
      return at + 4;
    }
    // A subquery is one, lateral or not.
    if (token.text === 'LATERAL' && isSymbol(next, '(') && isWord(this.#tokens[at + 2], 'SELECT', 'WITH')) return at + 1;
    // In a cast: what it is cast to is no table. Few parsers know that CHAR has a character set.
    if (this.#open.at(-1) === true && token.text === 'CHARACTER' && isWord(next, 'SET') && isIdentifier(this.#tokens[at + 2])) return at + 3;
    const hint = this.#pastHint(at);
    if (hint !== undefined) return hint;
    if (INTRODUCER.test(token.text) && (next?.kind === 'string' || next?.kind === 'number')) return at + 1;
    this.#put(PLAIN_NAME.test(token.written) ? token.written : `\`${this.#name(token.written)}\``, this.#touches(at));
    return this.#pastManners(at + 1, token.text);
  }

  /** `IGNORE INDEX (a, b)`, which says how: not every parser knows it. */
  #pastHint(at: number): number | undefined {
    if (!isWord(this.#tokens[at], 'IGNORE') || !isWord(this.#tokens[at + 1], 'INDEX', 'KEY') || !isSymbol(this.#tokens[at + 2], '(')) return undefined;
    let end = at + 3;
    while (isIdentifier(this.#tokens[end]) || isSymbol(this.#tokens[end], ',')) end++;
    return isSymbol(this.#tokens[end], ')') ? end + 1 : undefined;
  }

  #pastManners(from: number, verb: string): number {
    let at = from;
    for (;;) {
      const next = this.#tokens[at + 1];
      if (!isWord(this.#tokens[at], ...(MANNERS[verb] ?? [])) || isSymbol(next, ',') || !(isIdentifier(next) || verb === 'SELECT')) return at;
      at++;
    }
  }

  #symbol(at: number, symbol: string): void {
    const before = this.#tokens[at - 1];
    if (symbol === '(') this.#nest(at);
    else if (symbol === ')') this.#open.pop();
    const touches = symbol === '.' || symbol === ',' || symbol === ')' || (symbol === '(' && isIdentifier(before) && before.end === this.#tokens[at]?.start);
    this.#put(symbol === '?' ? '1' : symbol, touches);
  }

  #nest(at: number): void {
    this.#open.push(isWord(this.#tokens[at - 1], 'CAST', 'CONVERT'));
    this.depth = Math.max(this.depth, this.#open.length);
    if (this.#open.at(-1) === true) this.casts = Math.max(this.casts, this.#open.filter(Boolean).length);
  }

  #name(name: string): string {
    if (PLAIN_NAME.test(name) && !RESERVED.has(name.toUpperCase())) return name;
    let stand = this.#stands.get(name);
    if (stand === undefined) {
      stand = `other_name_${this.#stands.size}`;
      this.#stands.set(name, stand);
      this.names.set(stand, name);
    }
    return stand;
  }
}
