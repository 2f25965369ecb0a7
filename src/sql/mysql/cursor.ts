/** Reads the tokens of one statement from left to right. */

import type { Token } from './tokens.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';

/** A name of one to three parts. `end` is the index behind it. */
export interface QualifiedName {
  readonly schema: string | undefined;
  readonly name: string;
  readonly end: number;
}

/** The identifier as the server has it. */
export const nameOf = (token: Token): string => (token.kind === 'word' ? token.written : token.text);

export class Cursor {
  readonly tokens: readonly Token[];
  at: number;

  constructor(tokens: readonly Token[], at = 0) {
    this.tokens = tokens;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.tokens.length;
  }

  get token(): Token | undefined {
    return this.tokens[this.at];
  }

  /** The keyword at this place, in upper case; empty for anything else. */
  word(ahead = 0): string {
    const token = this.tokens[this.at + ahead];
    return token?.kind === 'word' ? token.text : '';
  }

  is(...words: readonly string[]): boolean {
    return isWord(this.token, ...words);
  }

  /** Passes one of these words. */
  take(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.at++;
    return true;
  }

  /** Passes these words, if all of them are there in this order. */
  takeAll(...words: readonly string[]): boolean {
    if (!words.every((word, ahead) => isWord(this.tokens[this.at + ahead], word))) return false;
    this.at += words.length;
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!isSymbol(this.token, symbol)) return false;
    this.at++;
    return true;
  }

  /** Passes any of these words, as often as they come. */
  skipWords(...words: readonly string[]): void {
    while (this.take(...words));
  }

  /** Passes a name. Undefined when there is none. */
  name(): QualifiedName | undefined {
    const found = nameAt(this.tokens, this.at);
    if (found !== undefined) this.at = found.end;
    return found;
  }

  /** Passes `IF EXISTS` and `IF NOT EXISTS`. */
  skipIfExists(): void {
    if (this.takeAll('IF', 'NOT', 'EXISTS')) return;
    this.takeAll('IF', 'EXISTS');
  }

  /** Passes from an opening parenthesis, where this stands, to behind the one that closes it. */
  skipParentheses(): void {
    this.at = closing(this.tokens, this.at) + 1;
  }
}

/** `a`, `a.b`, `a.b.c` (whose first part says nothing more) or `.b` at this place. */
export function nameAt(tokens: readonly Token[], start: number): QualifiedName | undefined {
  const parts: string[] = [];
  let at = isSymbol(tokens[start], '.') ? start + 1 : start;
  for (;;) {
    const token = tokens[at];
    if (!isIdentifier(token)) break;
    parts.push(nameOf(token));
    at++;
    if (!isSymbol(tokens[at], '.') || !isIdentifier(tokens[at + 1])) break;
    at++;
  }
  const name = parts.at(-1);
  return name === undefined ? undefined : { schema: parts.at(-2), name, end: at };
}

/** The index of the parenthesis that closes the one at `open`; the last index when none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isSymbol(tokens[at], '(')) depth++;
    else if (isSymbol(tokens[at], ')') && --depth === 0) return at;
  }
  return tokens.length - 1;
}
