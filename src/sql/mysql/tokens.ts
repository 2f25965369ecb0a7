/** Tokens of a text, told apart as far as their meaning for facts goes. */

export type TokenKind =
  /** Not quoted: a keyword or an identifier. `text` in upper case when it is ASCII. */
  | 'word'
  /** Certainly an identifier: quoted, or directly before or behind a point. */
  | 'name'
  /** `'…'`, `"…"`, `N'…'`. `text` is the value. */
  | 'string'
  /** Numbers, `0x…`, `X'…'`, `b'…'`. */
  | 'number'
  /** `@name`. */
  | 'variable'
  /** Anything else; `text` as written. `@@` is one of them. */
  | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** A word in upper case, an identifier or a string without its quotes, else as written. */
  readonly text: string;
  /** A word as written. */
  readonly written: string;
}

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean => token?.kind === 'word' && words.includes(token.text);

/** Is something assigned to a user variable in `tokens[from, to)`? */
export function assignsVariable(tokens: readonly Token[], from = 0, to = tokens.length): boolean {
  for (let at = from; at < to - 1; at++) if (tokens[at]?.kind === 'variable' && isSymbol(tokens[at + 1], ':=')) return true;
  return false;
}

export const isSymbol = (token: Token | undefined, symbol: string): boolean => token?.kind === 'symbol' && token.text === symbol;

/** Could the token be a name? */
export const isIdentifier = (token: Token | undefined): token is Token & { readonly kind: 'name' | 'word' } => token?.kind === 'name' || token?.kind === 'word';
