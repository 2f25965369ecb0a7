/**
 * What a text may be before it reaches the scanner, whose time is quadratic in nested comments and in runs of
 * operator characters (400 KB of slash-star takes it a minute). One linear pass that follows the server's lexer
 * (scan.l): strings, quoted names, dollar quotes and comments.
 */

export interface Limits {
  /** Bytes of UTF-8. Default 1 MiB. */
  readonly bytes: number;
  /** How deep comments may nest. */
  readonly commentDepth: number;
  /** Longest run of operator characters, and most comment openings within one run. */
  readonly operatorRun: number;
  /** Deepest nesting of parentheses and brackets. */
  readonly bracketDepth: number;
}

export const DEFAULT_LIMITS: Limits = { bytes: 1024 * 1024, commentDepth: 32, operatorRun: 64, bracketDepth: 1000 };

export interface Measure {
  readonly bytes: number;
  /** Deepest nesting of parentheses and brackets. */
  readonly depth: number;
}

/** What exceeds a limit, as a sentence; else how big the text is. */
export function measure(text: string, limits: Limits): Measure | string {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.bytes) return `The statement has ${bytes} bytes; the limit is ${limits.bytes}.`;
  if (text.includes('\0')) return 'The statement holds a NUL character.';
  if (bytes !== text.length && !text.isWellFormed()) return 'The statement is not well-formed Unicode.';
  const scan = new Scan(text, limits);
  return scan.run() ?? { bytes, depth: scan.deepest };
}

const OPERATOR = flags('~!@#^&|`?+-*/%<>=');
const SPECIAL = flags('~!@#^&|`?+-*/%<>=\'"$()[]');

function flags(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

class Scan {
  readonly #text: string;
  readonly #limits: Limits;
  #at = 0;
  #depth = 0;
  deepest = 0;
  /** Comments opened since the last character that isn't an operator's: for each, the scanner reads the rest of the run again. */
  #openings = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  run(): string | undefined {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code > 127 || SPECIAL[code] === 0) this.#at++;
      else {
        const exceeded = this.#special(code);
        if (exceeded !== undefined) return exceeded;
      }
    }
    return undefined;
  }

  #special(code: number): string | undefined {
    switch (code) {
      case 0x27: // '
        return this.#skipString();
      case 0x22: // "
        return this.#skipTo('"', this.#at + 1);
      case 0x24: // $
        return this.#skipDollar();
      case 0x28: // (
      case 0x5b: // [
        this.deepest = Math.max(this.deepest, ++this.#depth);
        this.#at++;
        return this.deepest > this.#limits.bracketDepth ? `Parentheses nest deeper than ${this.#limits.bracketDepth}.` : undefined;
      case 0x29: // )
      case 0x5d: // ]
        this.#depth--;
        this.#at++;
        return undefined;
      default:
        return this.#operators();
    }
  }

  /** Doubled quotes need no care: they end one string and begin the next. */
  #skipTo(quote: string, from: number): undefined {
    const end = this.#text.indexOf(quote, from);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  /** Backslashes escape in E'…' only; standard_conforming_strings is held on. */
  #skipString(): undefined {
    const text = this.#text;
    const before = text.charCodeAt(this.#at - 1) | 0x20;
    const escapes = before === 0x65 /* e */ && !isNamePart(text.charCodeAt(this.#at - 2));
    if (!escapes) return this.#skipTo('\'', this.#at + 1);
    let at = this.#at + 1;
    while (at < text.length && text[at] !== '\'') at += text[at] === '\\' ? 2 : 1;
    this.#at = at + 1;
    return undefined;
  }

  /** `$tag$ … $tag$`; a dollar within a name or before a digit opens nothing. */
  #skipDollar(): undefined {
    const text = this.#text;
    if (isNamePart(text.charCodeAt(this.#at - 1))) return void this.#at++;
    DOLLAR_TAG.lastIndex = this.#at;
    const tag = DOLLAR_TAG.exec(text)?.[0];
    if (tag === undefined) return void this.#at++;
    const end = text.indexOf(tag, this.#at + tag.length);
    this.#at = end < 0 ? text.length : end + tag.length;
    return undefined;
  }

  #operators(): string | undefined {
    const start = this.#at;
    if (!isOperator(this.#text.charCodeAt(start - 1))) this.#openings = 0;
    while (this.#at < this.#text.length && isOperator(this.#text.charCodeAt(this.#at))) {
      if (this.#text.startsWith('--', this.#at)) return this.#skipLine();
      if (this.#text.startsWith('/*', this.#at)) return this.#skipComment();
      this.#at++;
    }
    if (this.#at - start > this.#limits.operatorRun) return `An operator has more than ${this.#limits.operatorRun} characters.`;
    return undefined;
  }

  #skipLine(): undefined {
    const text = this.#text;
    while (this.#at < text.length && text[this.#at] !== '\n' && text[this.#at] !== '\r') this.#at++;
  }

  #skipComment(): string | undefined {
    const text = this.#text;
    let depth = 0;
    while (this.#at < text.length) {
      if (text.startsWith('/*', this.#at)) {
        depth++;
        this.#openings++;
        if (depth > this.#limits.commentDepth) return `Comments nest deeper than ${this.#limits.commentDepth}.`;
        if (this.#openings > this.#limits.operatorRun) return `A run of operator characters opens more than ${this.#limits.operatorRun} comments.`;
        this.#at += 2;
      } else if (text.startsWith('*/', this.#at)) {
        depth--;
        this.#at += 2;
        if (depth === 0) return undefined;
      } else {
        if (!isOperator(text.charCodeAt(this.#at))) this.#openings = 0;
        this.#at++;
      }
    }
    return undefined;
  }
}

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

const isOperator = (code: number): boolean => code < 128 && OPERATOR[code] === 1;

function isNamePart(code: number): boolean {
  return code >= 128 || code === 0x5f || code === 0x24 || (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}
