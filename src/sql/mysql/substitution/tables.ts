/** A list of tables: what stands behind FROM, in UPDATE and in DELETE. */

import { nameAt, nameOf } from '../cursor.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import { AFTER_TABLES, NO_ALIAS } from '../words.ts';
import type { Outline } from './outline.ts';
import { Obstacle, UNREAD } from './tree.ts';
import type { Factor, Region, Tables } from './tree.ts';

const JOINS = ['JOIN', 'STRAIGHT_JOIN', 'INNER', 'CROSS', 'LEFT', 'RIGHT', 'NATURAL', 'FULL', 'OUTER'] as const;
const HINTS = ['USE', 'FORCE', 'IGNORE'] as const;

/** Reads up to what can't be part of the list. @throws {Obstacle} */
export function readTables(outline: Outline, from: number, to: number): Tables {
  const reader = new Reader(outline);
  const end = reader.list(from, to);
  const { factors, on, using, natural } = reader;
  // A table that stands before a RIGHT JOIN may be without a row, too.
  return { factors: reader.right ? factors.map((factor) => ({ ...factor, nullable: true })) : factors, on, using, natural, end };
}

class Reader {
  readonly factors: Factor[] = [];
  readonly on: Region[] = [];
  readonly using: number[] = [];
  natural = false;
  right = false;
  #left = false;
  readonly #outline: Outline;

  constructor(outline: Outline) {
    this.#outline = outline;
  }

  #is(at: number, ...words: readonly string[]): boolean {
    return isWord(this.#outline.tokens[at], ...words);
  }

  #symbol(at: number, symbol: string): boolean {
    return isSymbol(this.#outline.tokens[at], symbol);
  }

  /** @returns where the list ends */
  list(from: number, to: number): number {
    let at = this.#factor(from, to);
    while (at < to) {
      if (this.#symbol(at, ',')) at = this.#factor(at + 1, to);
      else if (this.#symbol(at, '}')) at++;
      else if (this.#is(at, 'ON') && !this.#is(at + 1, 'DUPLICATE')) at = this.#condition(at + 1, to);
      else if (this.#is(at, 'USING') && this.#symbol(at + 1, '(')) at = this.#columns(at + 1);
      else if (this.#joins(at)) at = this.#join(at, to);
      else break;
    }
    return at;
  }

  /** LEFT( and RIGHT( are functions. */
  #joins(at: number): boolean {
    return this.#is(at, ...JOINS) && !(this.#is(at, 'LEFT', 'RIGHT') && this.#symbol(at + 1, '('));
  }

  #join(from: number, to: number): number {
    let at = from;
    for (; !this.#is(at, 'JOIN', 'STRAIGHT_JOIN'); at++) {
      if (!this.#is(at, ...JOINS)) throw new Obstacle(UNREAD);
      if (this.#is(at, 'NATURAL')) this.natural = true;
      if (this.#is(at, 'LEFT', 'FULL')) this.#left = true;
      if (this.#is(at, 'RIGHT', 'FULL')) this.right = true;
    }
    return this.#factor(at + 1, to);
  }

  #condition(from: number, to: number): number {
    const { tokens } = this.#outline;
    let at = from;
    for (; at < to; at++) {
      if (isSymbol(tokens[at], '(')) at = this.#outline.closing(at);
      else if (isSymbol(tokens[at], ',') || isSymbol(tokens[at], '}') || this.#is(at, 'ON', 'USING', 'SET') || this.#joins(at) || this.#outline.isClause(at)) break;
    }
    this.on.push({ from, to: at });
    return at;
  }

  #columns(open: number): number {
    this.#outline.names(open);
    for (let at = open + 1; at < this.#outline.closing(open); at += 2) this.using.push(at);
    return this.#outline.closing(open) + 1;
  }

  #factor(from: number, to: number): number {
    if (from >= to) throw new Obstacle(UNREAD);
    // FROM { OJ t LEFT JOIN … }: any word may stand in the place of OJ.
    if (this.#symbol(from, '{')) return this.#factor(from + 2, to);
    const lateral = this.#is(from, 'LATERAL');
    const at = lateral ? from + 1 : from;
    if (this.#symbol(at, '(')) {
      if (this.#outline.startsQuery(at + 1)) return this.#derived(from, at);
      if (lateral) throw new Obstacle(UNREAD);
      return this.#nested(at);
    }
    if (this.#is(from, 'JSON_TABLE') && this.#symbol(from + 1, '(')) return this.#computed(from);
    if (this.#is(from, 'DUAL')) return from + 1;
    return this.#named(from);
  }

  #nested(open: number): number {
    const close = this.#outline.closing(open);
    const before = this.factors.length;
    if (this.list(open + 1, close) !== close) throw new Obstacle(UNREAD);
    const only = this.factors.at(-1);
    if (this.factors.length === before + 1 && only?.is === 'named') this.factors[before] = { ...only, parentheses: [...only.parentheses, [open, close]] };
    return close + 1;
  }

  #derived(from: number, open: number): number {
    const query = this.#outline.queryIn(open);
    if (query === undefined) throw new Obstacle(UNREAD);
    const named = this.#alias(this.#outline.closing(open) + 1);
    const listed = this.#symbol(named.end, '(') ? this.#outline.names(named.end) : undefined;
    const to = listed === undefined ? named.end : this.#outline.closing(named.end) + 1;
    this.factors.push({ is: 'derived', from, to, query, alias: named.alias, columns: listed, nullable: this.#left });
    return to;
  }

  #computed(from: number): number {
    const close = this.#outline.closing(from + 1);
    const named = this.#alias(close + 1);
    this.factors.push({ is: 'computed', from, to: named.end, arguments: { from: from + 2, to: close }, alias: named.alias, nullable: this.#left });
    return named.end;
  }

  #named(from: number): number {
    const name = nameAt(this.#outline.tokens, from);
    if (name === undefined || this.#symbol(name.end, '(')) throw new Obstacle(UNREAD);
    const details: Region[] = [];
    let at = name.end;
    const detail = (end: number): void => {
      details.push({ from: at, to: end });
      at = end;
    };
    if (this.#is(at, 'PARTITION') && this.#symbol(at + 1, '(')) detail(this.#outline.closing(at + 1) + 1);
    if (this.#is(at, 'FOR') && this.#is(at + 1, 'SYSTEM_TIME')) detail(this.#systemTime(at + 2));
    const named = this.#alias(at);
    at = named.end;
    while (this.#is(at, ...HINTS) && this.#is(at + 1, 'INDEX', 'KEY')) detail(this.#hints(at));
    this.factors.push({ is: 'named', from, to: at, ends: name.end, schema: name.schema, name: name.name, alias: named.alias, details, parentheses: [], nullable: this.#left });
    return at;
  }

  /** `USE INDEX FOR ORDER BY (i), IGNORE KEY (j)`. */
  #hints(from: number): number {
    let at = from + 2;
    if (this.#is(at, 'FOR')) at += this.#is(at + 1, 'JOIN') ? 2 : 3;
    if (!this.#symbol(at, '(')) throw new Obstacle(UNREAD);
    return this.#outline.closing(at) + 1;
  }

  #systemTime(from: number): number {
    if (this.#is(from, 'ALL')) return from + 1;
    if (this.#is(from, 'AS') && this.#is(from + 1, 'OF')) return this.#moment(from + 2);
    if (!this.#is(from, 'FROM', 'BETWEEN')) throw new Obstacle(UNREAD);
    const between = this.#moment(from + 1);
    if (!this.#is(between, this.#is(from, 'FROM') ? 'TO' : 'AND')) throw new Obstacle(UNREAD);
    return this.#moment(between + 1);
  }

  /** A point in time that is written plainly: else where it ends can't be told. */
  #moment(from: number): number {
    let at = from;
    if (this.#is(at, 'TIMESTAMP', 'TRANSACTION')) at++;
    const token = this.#outline.tokens[at];
    const call = this.#is(at, 'NOW', 'CURRENT_TIMESTAMP', 'LOCALTIMESTAMP') && this.#symbol(at + 1, '(');
    if (call) return this.#outline.closing(at + 1) + 1;
    if (token === undefined || !(token.kind === 'string' || token.kind === 'number' || token.kind === 'variable' || isSymbol(token, '?'))) throw new Obstacle(UNREAD);
    const next = this.#outline.tokens[at + 1];
    if (next?.kind === 'string' || (next?.kind === 'symbol' && !/^[,;(){}]$/.test(next.text))) throw new Obstacle(UNREAD);
    return at + 1;
  }

  #alias(at: number): { readonly alias: string | undefined; readonly end: number } {
    const explicit = this.#is(at, 'AS');
    const place = explicit ? at + 1 : at;
    const token = this.#outline.tokens[place];
    if (!isIdentifier(token)) {
      if (explicit) throw new Obstacle(UNREAD);
      return { alias: undefined, end: at };
    }
    if (!explicit && token.kind === 'word' && (NO_ALIAS.has(token.text) || AFTER_TABLES.has(token.text) || UNSURE.has(token.text))) {
      if (UNSURE.has(token.text) && !this.#outline.isClause(place)) throw new Obstacle(`It isn't sure whether ${token.written} is a table's alias; write AS before aliases and quote them.`);
      return { alias: undefined, end: at };
    }
    return { alias: nameOf(token), end: place + 1 };
  }
}

/** Words that one of the servers, or one to come, takes for the beginning of something else. */
const UNSURE: ReadonlySet<string> = new Set(['WINDOW', 'RETURNING', 'OFFSET', 'TABLESAMPLE', 'QUALIFY', 'FULL', 'MINUS', 'ASOF']);
