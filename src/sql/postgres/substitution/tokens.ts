/** Where the words of a text are. Only places are taken from it; whether they were right shows when the result is parsed again. */

export interface Token {
  readonly start: number;
  readonly end: number;
  /** A name or key word, a quoted name, a string, a number or parameter, or one character of anything else. */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
}

const TOKEN = new RegExp([
  String.raw`(?<space>\s+|--[^\n\r]*)`,
  String.raw`(?<string>[eE]'(?:[^'\\]|\\[^]|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')`,
  String.raw`(?<quoted>(?:[uU]&)?"(?:[^"]|"")*")`,
  String.raw`(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
  String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
  String.raw`(?<number>\$\d+|\d[\w.]*|\.\d[\w.]*)`,
  String.raw`(?<symbol>[^])`,
].join('|'), 'gy');

const KINDS = ['string', 'quoted', 'word', 'number', 'symbol'] as const;

export class Tokens {
  readonly text: string;
  readonly #list: Token[] = [];
  readonly #at = new Map<number, number>();

  constructor(text: string) {
    this.text = text;
    for (let at = 0; at < text.length;) {
      const past = text.startsWith('/*', at) ? pastComment(text, at) : this.#read(at);
      at = past;
    }
  }

  #read(at: number): number {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(this.text);
    const groups = found?.groups ?? {};
    let end = at + (found?.[0].length ?? 1);
    if (groups['space'] !== undefined) return end;
    if (groups['dollar'] !== undefined) {
      const close = this.text.indexOf(groups['dollar'], end);
      end = close < 0 ? this.text.length : close + groups['dollar'].length;
    }
    const kind = groups['dollar'] === undefined ? (KINDS.find((kind) => groups[kind] !== undefined) ?? 'symbol') : 'string';
    this.#at.set(at, this.#list.length);
    this.#list.push({ start: at, end, kind });
    return end;
  }

  /** The number of the token that begins there; -1 when none does. */
  indexAt(offset: number): number {
    return this.#at.get(offset) ?? -1;
  }

  get(index: number): Token | undefined {
    return this.#list[index];
  }

  /** A key word in upper case, a symbol as it is; the empty string for anything else. */
  word(index: number): string {
    const token = this.#list[index];
    if (token === undefined || token.kind === 'quoted' || token.kind === 'string') return '';
    return this.text.slice(token.start, token.end).toUpperCase();
  }

  isName(index: number): boolean {
    const kind = this.#list[index]?.kind;
    return kind === 'word' || kind === 'quoted';
  }

  /** The last token of `name.name.*` that begins with this one. */
  endOfName(index: number): number {
    let at = index;
    while (this.word(at + 1) === '.' && (this.isName(at + 2) || this.word(at + 2) === '*')) at += 2;
    return at;
  }

  /** The parenthesis that closes this one; -1 when there is none. */
  closing(index: number): number {
    let depth = 0;
    for (let at = index; at < this.#list.length; at++) {
      const word = this.word(at);
      if (word === '(') depth++;
      if (word === ')' && --depth === 0) return at;
    }
    return -1;
  }
}

function pastComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return text.length;
}
