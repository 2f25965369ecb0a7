/**
 * Reads a text as the servers do: sql/sql_lex.cc of MySQL (lex_one_token) and of MariaDB (Lex_input_stream::lex_token), with the
 * character classes of strings/sql_chars.cc (init_state_maps). What only one of them does is asked of the dialect.
 */

import { endsDashes, isDigit, isHex, isIdent, isSpace } from './characters.ts';
import { hasRaw, isRaw } from './raw-bytes.ts';
import type { MysqlReading } from './reading.ts';
import type { Token, TokenKind } from './tokens.ts';

/** Which server reads. */
export interface Dialect {
  readonly flavour: 'mysql' | 'mariadb';
  /** MYSQL_VERSION_ID: 90100, 101119. */
  readonly version: number;
}

/** The text can't be read to its end. */
export class LexError extends Error {}

const SYMBOLS = ['<=>', '->>', '->', ':=', '<=', '>=', '<>', '!=', '<<', '>>', '&&', '||'] as const;

export class Lexer {
  readonly #text: string;
  readonly #dialect: Dialect;
  /** May change between statements. */
  reading: MysqlReading;
  /** Are there bytes in it that aren't UTF-8, or NUL? They may stand in strings only. */
  readonly #raw: boolean;
  #at = 0;
  /** Within a comment whose content is run. */
  #inside = false;
  /** The next token is an identifier whatever it says (MY_LEX_IDENT_START). */
  #ident = false;
  /** The next token is a point followed by an identifier (MY_LEX_IDENT_SEP). */
  #point = false;

  constructor(text: string, dialect: Dialect, reading: MysqlReading) {
    this.#text = text;
    this.#raw = hasRaw(text);
    this.#dialect = dialect;
    this.reading = reading;
  }

  /** The next token; undefined at the end. @throws {LexError} with a sentence */
  next(): Token | undefined {
    if (this.#point) return this.#separator();
    if (this.#ident) {
      this.#ident = false;
      return this.#identifierFrom(this.#at, 'name');
    }
    this.#skip();
    const code = this.#text.charCodeAt(this.#at);
    if (Number.isNaN(code)) {
      if (this.#inside) throw new LexError('A comment isn\'t closed.');
      return undefined;
    }
    return this.#token(code);
  }

  #token(code: number): Token {
    if (isDigit(code)) return this.#number();
    if (isIdent(code)) return this.#word(code);
    switch (code) {
      case 0x27: // '
        return this.#string(this.#at, code);
      case 0x22: // "
        return this.reading.ansiQuotes ? this.#quoted(this.#at, code) : this.#string(this.#at, code);
      case 0x60: // `
        return this.#quoted(this.#at, code);
      case 0x40: // @
        return this.#variable();
      case 0x2e: // .
        return isDigit(this.#code(1)) ? this.#real(this.#at, this.#at + 1) : this.#separator();
      default:
        return this.#symbol();
    }
  }

  #code(ahead: number): number {
    return this.#text.charCodeAt(this.#at + ahead);
  }

  #make(kind: TokenKind, start: number, end: number, text = this.#text.slice(start, end)): Token {
    this.#at = end;
    return { kind, start, end, text, written: kind === 'word' ? this.#text.slice(start, end) : text };
  }

  #symbol(): Token {
    const symbol = SYMBOLS.find((each) => this.#text.startsWith(each, this.#at));
    return this.#make('symbol', this.#at, this.#at + (symbol?.length ?? 1));
  }

  /** The point before a name: what follows directly is an identifier, though it be called SELECT. */
  #separator(): Token {
    this.#point = false;
    this.#ident = isIdent(this.#code(1));
    return this.#make('symbol', this.#at, this.#at + 1);
  }

  /** Blanks and comments, as far as they aren't run. */
  #skip(): void {
    const text = this.#text;
    const start = this.#at;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (isSpace(code)) this.#at++;
      else if (code === 0x23 || (code === 0x2d && this.#code(1) === 0x2d && endsDashes(this.#code(2)))) this.#skipLine();
      else if (code === 0x2f && this.#code(1) === 0x2a) this.#comment();
      else if (code === 0x2a && this.#inside && this.#code(1) === 0x2f) {
        this.#inside = false;
        this.#at += 2;
      } else break;
    }
    this.#checkRaw(start, this.#at);
  }

  /** Only a newline ends it, a carriage return doesn't. */
  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #comment(): void {
    const own = this.#dialect.flavour === 'mariadb' && this.#text.startsWith('M!', this.#at + 2);
    if (!own && this.#code(2) !== 0x21) return this.#plainComment();
    this.#at += own ? 4 : 3;
    const digits = this.#versionDigits();
    if (digits > 0 && !this.#runs(Number(this.#text.slice(this.#at, this.#at + digits)), own)) return this.#skipComment(1);
    this.#at += digits;
    this.#inside = true;
  }

  /** How many digits at this place are the version of the server that the comment is for. */
  #versionDigits(): number {
    for (let ahead = 0; ahead < 5; ahead++) if (!isDigit(this.#code(ahead))) return 0;
    if (!isDigit(this.#code(5))) return 5;
    // MySQL wants a blank behind six digits; else it takes five and reads the sixth as part of the statement.
    return this.#dialect.flavour === 'mariadb' || isSpace(this.#code(6)) ? 6 : 5;
  }

  /** MariaDB doesn't run what is for MySQL 5.7 and later, since its own versions have other numbers. */
  #runs(version: number, own: boolean): boolean {
    if (version > this.#dialect.version) return false;
    return this.#dialect.flavour === 'mysql' || own || version < 50700 || version > 99999;
  }

  /** An optimizer hint is read by a scanner of its own, to which a closing mark within quotes isn't one: quotes must not reach past it. */
  #plainComment(): void {
    const start = this.#at;
    this.#at += 2;
    this.#skipComment(0);
    if (this.#text[start + 2] !== '+') return;
    if (!quotesClose(this.#text.slice(start + 3, this.#at - 2))) throw new LexError('A quote in an optimizer hint isn\'t closed within it.');
  }

  /** To the closing mark. @param depth how many levels of comments it may hold: consume_comment */
  #skipComment(depth: number): void {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      if (depth > 0 && text.startsWith('/*', this.#at)) {
        this.#at += 2;
        this.#skipComment(0);
        this.#at--;
      } else if (text.startsWith('*/', this.#at)) {
        this.#at += 2;
        return;
      }
    }
    throw new LexError('A comment isn\'t closed.');
  }

  /** MY_LEX_STRING: a doubled quote is one, and unless sql_mode says otherwise a backslash takes the next character with it. */
  #string(start: number, quote: number): Token {
    const text = this.#text;
    const escapes = !this.reading.noBackslashEscapes;
    let plain = true;
    for (let at = this.#at + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x5c && escapes) {
        plain = false;
        at++;
      } else if (code === quote) {
        if (text.charCodeAt(at + 1) !== quote) return this.#make('string', start, at + 1, plain ? text.slice(this.#at + 1, at) : unescape(text.slice(this.#at + 1, at), quote, escapes));
        plain = false;
        at++;
      }
    }
    throw new LexError('A string isn\'t closed.');
  }

  /** MY_LEX_USER_VARIABLE_DELIMITER: doubled quotes, no backslashes. */
  #quoted(start: number, quote: number): Token {
    const text = this.#text;
    const mark = String.fromCharCode(quote);
    let end = text.indexOf(mark, this.#at + 1);
    while (end >= 0 && text.charCodeAt(end + 1) === quote) end = text.indexOf(mark, end + 2);
    if (end < 0) throw new LexError('A quoted name isn\'t closed.');
    const value = text.slice(this.#at + 1, end).replaceAll(mark + mark, mark);
    this.#checkAscii(start, end);
    return this.#make('name', start, end + 1, value);
  }

  /** `@name`, `@'name'`; `@@` and the name of a system variable are two tokens. */
  #variable(): Token {
    const start = this.#at;
    const next = this.#code(1);
    if (next === 0x40) {
      this.#ident = isIdent(this.#code(2));
      return this.#make('symbol', start, start + 2);
    }
    this.#at++;
    if (next === 0x60 || (next === 0x22 && this.reading.ansiQuotes)) return { ...this.#quoted(start, next), kind: 'variable' };
    if (next === 0x27 || next === 0x22) return this.#quotedVariable(start, next);
    let end = start + 1;
    while (isIdent(this.#text.charCodeAt(end)) || this.#text[end] === '.') end++;
    this.#checkAscii(start, end);
    return this.#make('variable', start, end, this.#text.slice(start + 1, end));
  }

  #quotedVariable(start: number, quote: number): Token {
    const token = this.#string(start, quote);
    this.#checkRaw(start, token.end);
    return { ...token, kind: 'variable' };
  }

  #word(code: number): Token {
    const start = this.#at;
    const next = this.#code(1);
    const letter = code | 0x20;
    if (next === 0x27 && letter === 0x6e) { // N'…'
      this.#at++;
      return this.#string(start, 0x27);
    }
    if (next === 0x27 && (letter === 0x78 || letter === 0x62)) return this.#digitString(start, letter === 0x78); // X'…', b'…'
    if (code === 0x24 && this.#dialect.flavour === 'mysql') this.#refuseDollarQuotes();
    return this.#identifierFrom(start, 'word');
  }

  /** Since MySQL 8.0.34 `$tag$ … $tag$` is a string, for routines in other languages. */
  #refuseDollarQuotes(): void {
    let end = this.#at + 1;
    while (isIdent(this.#text.charCodeAt(end)) && this.#text[end] !== '$') end++;
    if (this.#text[end] === '$') throw new LexError('It quotes by dollars, which isn\'t read here.');
  }

  #digitString(start: number, hex: boolean): Token {
    let end = start + 2;
    while (hex ? isHex(this.#text.charCodeAt(end)) : this.#text[end] === '0' || this.#text[end] === '1') end++;
    if (this.#text[end] !== '\'' || (hex && (end - start) % 2 !== 0)) throw new LexError('A number in quotes isn\'t one.');
    return this.#make('number', start, end + 1);
  }

  #identifierFrom(start: number, kind: 'word' | 'name'): Token {
    const text = this.#text;
    let end = start;
    let ascii = true;
    for (let code = text.charCodeAt(end); isIdent(code); code = text.charCodeAt(++end)) if (code >= 128) ascii = false;
    if (!ascii) this.#checkAscii(start, end);
    this.#point = text[end] === '.' && isIdent(text.charCodeAt(end + 1));
    const written = text.slice(start, end);
    // A word that touches a point is no keyword.
    if (kind === 'name' || this.#point) return this.#make('name', start, end, written);
    return this.#make('word', start, end, ascii ? written.toUpperCase() : written);
  }

  /** MY_LEX_NUMBER_IDENT: `1a` is an identifier, `1e5a` a number and an identifier. */
  #number(): Token {
    const text = this.#text;
    const start = this.#at;
    const prefix = text[start] === '0' ? text[start + 1] : undefined;
    if (prefix === 'x' || prefix === 'b') {
      let end = start + 2;
      while (prefix === 'x' ? isHex(text.charCodeAt(end)) : text[end] === '0' || text[end] === '1') end++;
      if (end > start + 2 && !isIdent(text.charCodeAt(end))) return this.#make('number', start, end);
      return this.#identifierFrom(start, 'name');
    }
    let end = start;
    while (isDigit(text.charCodeAt(end))) end++;
    const code = text.charCodeAt(end);
    if (!isIdent(code)) return code === 0x2e ? this.#real(start, end + 1) : this.#make('number', start, end);
    if ((code | 0x20) === 0x65) { // e
      const exponent = exponentEnd(text, end);
      if (exponent !== undefined) return this.#make('number', start, exponent);
    }
    return this.#identifierFrom(start, 'name');
  }

  /** Behind the point. An `e` without digits swallows itself and the number (MY_LEX_REAL falls to MY_LEX_CHAR): `f 1.e(x)` calls f. */
  #real(start: number, from: number): Token {
    const text = this.#text;
    let end = from;
    while (isDigit(text.charCodeAt(end))) end++;
    if ((text.charCodeAt(end) | 0x20) !== 0x65) return this.#make('number', start, end);
    const exponent = exponentEnd(text, end);
    if (exponent === undefined) throw new LexError('A number\'s exponent has no digits.');
    return this.#make('number', start, exponent);
  }

  /** The text has come through as UTF-8, but the server reads its bytes in a character set that may have blanks and letters anywhere. */
  #checkAscii(start: number, end: number): void {
    this.#checkRaw(start, end);
    if (this.reading.utf8) return;
    for (let at = start; at < end; at++) if (this.#text.charCodeAt(at) >= 128) throw new LexError('A name has letters beyond ASCII while character_set_client isn\'t UTF-8.');
  }

  #checkRaw(start: number, end: number): void {
    if (!this.#raw) return;
    for (let at = start; at < end; at++) if (isRaw(this.#text.charCodeAt(at))) throw new LexError('There are bytes outside of strings that aren\'t text.');
  }
}

/** Behind `e`: where the digits of the exponent end. */
function exponentEnd(text: string, at: number): number | undefined {
  let end = at + 1;
  if (text[end] === '+' || text[end] === '-') end++;
  if (!isDigit(text.charCodeAt(end))) return undefined;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

/** What a backslash makes of the letter behind it (get_text in sql_lex.cc). */
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', 0: '\0', Z: '\u001a' };

function unescape(raw: string, quote: number, escapes: boolean): string {
  const mark = String.fromCharCode(quote);
  let value = '';
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at] ?? '';
    if (character === '\\' && escapes) {
      const next = raw[++at] ?? '';
      // `\_` and `\%` stay as they are, for LIKE.
      value += next === '_' || next === '%' ? `\\${next}` : (ESCAPED[next] ?? next);
    } else {
      value += character;
      if (character === mark) at++;
    }
  }
  return value;
}

function quotesClose(hint: string): boolean {
  let open = '';
  for (const character of hint) {
    if (open === '') open = character === '\'' || character === '"' || character === '`' ? character : '';
    else if (character === open) open = '';
  }
  return open === '' && !hint.includes('\\');
}
