/** Reads the outline of queries from tokens: sql_yacc.yy of both servers, as far as a place in a query has to be told from others. What doesn't fit is an obstacle. */

import { nameOf } from '../cursor.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { QUERY_STARTS } from '../words.ts';
import { readTables } from './tables.ts';
import { NO_TABLES, Obstacle, UNREAD } from './tree.ts';
import type { Block, Clause, ClauseWord, Cte, Item, Query, Region, Tables } from './tree.ts';

const SET_OPERATORS = ['UNION', 'INTERSECT', 'EXCEPT', 'MINUS'] as const;
/** What may stand behind a query in parentheses that is part of another, or has clauses of its own there. */
const BEHIND_QUERY = [...SET_OPERATORS, 'ORDER', 'LIMIT', 'FETCH', 'FOR', 'LOCK', 'INTO'] as const;
const CLAUSES: ReadonlySet<string> = new Set<ClauseWord>(['WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT', 'FETCH', 'PROCEDURE', 'FOR', 'LOCK', 'INTO']);
const MANNERS = ['ALL', 'DISTINCT', 'DISTINCTROW', 'HIGH_PRIORITY', 'STRAIGHT_JOIN', 'SQL_SMALL_RESULT', 'SQL_BIG_RESULT', 'SQL_BUFFER_RESULT', 'SQL_CALC_FOUND_ROWS', 'SQL_NO_CACHE', 'SQL_CACHE'] as const;
const MOST_NESTED = 200;

export class Outline {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Of each parenthesis that opens, the one that closes it. */
  readonly #closes = new Map<number, number>();
  /** Queries in expressions, by the parenthesis before them. */
  readonly #queries = new Map<number, Query>();
  #nested = 0;

  /** @throws {Obstacle} when a parenthesis has no other */
  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.tokens = tokens;
    const open: number[] = [];
    for (const [at, token] of tokens.entries()) {
      if (isSymbol(token, '(')) open.push(at);
      if (!isSymbol(token, ')')) continue;
      const from = open.pop();
      if (from === undefined) throw new Obstacle(UNREAD);
      this.#closes.set(from, at);
    }
    if (open.length > 0) throw new Obstacle(UNREAD);
  }

  /** As it was sent. */
  written({ from, to }: Region): string {
    return this.text.slice(this.tokens[from]?.start ?? 0, this.tokens[to - 1]?.end ?? 0);
  }

  closing(open: number): number {
    const close = this.#closes.get(open);
    if (close === undefined) throw new Obstacle(UNREAD);
    return close;
  }

  /** Does a query begin here, behind any number of parentheses? `(SELECT 1) + 1` is an expression, and `(SELECT 1) AS d JOIN t` a list of tables. */
  startsQuery(from: number): boolean {
    const [token, next] = [this.tokens[from], this.tokens[from + 1]];
    if (isSymbol(token, '(')) {
      const behind = this.tokens[this.closing(from) + 1];
      return (behind === undefined || isSymbol(behind, ')') || isWord(behind, ...BEHIND_QUERY)) && this.startsQuery(from + 1);
    }
    return token?.kind === 'word' && QUERY_STARTS.has(token.text) && !(token.text === 'TABLE' && !isIdentifier(next) && !isSymbol(next, '.'));
  }

  /** The query in the parentheses that open here, if there is one. */
  queryIn(open: number): Query | undefined {
    const known = this.#queries.get(open);
    if (known !== undefined || !isSymbol(this.tokens[open], '(') || !this.startsQuery(open + 1)) return known;
    const query = this.query(open + 1, this.closing(open));
    this.#queries.set(open, query);
    return query;
  }

  query(from: number, to: number): Query {
    if (++this.#nested > MOST_NESTED) throw new Obstacle('It is nested too deeply.');
    const { ctes, recursive, end } = this.#with(from);
    const operands: (Block | Query)[] = [];
    let tail: readonly Clause[] = [];
    let dedups = false;
    let at = end;
    for (;;) {
      const operand = this.#operand(at, to);
      operands.push(operand);
      at = isSymbol(this.tokens[at], '(') ? operand.to + 1 : operand.to;
      if (!('is' in operand)) {
        const clauses = this.clauses(at, to);
        tail = clauses.found;
        at = clauses.end;
      }
      if (at >= to) break;
      const word = this.tokens[at]?.text;
      if (!isWord(this.tokens[at], ...SET_OPERATORS) || tail.length > 0) throw new Obstacle(UNREAD);
      at++;
      const all = isWord(this.tokens[at], 'ALL');
      if (isWord(this.tokens[at], 'ALL', 'DISTINCT')) at++;
      dedups ||= !all || word !== 'UNION';
    }
    this.#nested--;
    return { from, to, ctes, recursive, operands, dedups, tail };
  }

  #operand(at: number, to: number): Block | Query {
    const token = this.tokens[at];
    if (isSymbol(token, '(')) {
      const close = this.closing(at);
      if (close >= to || !this.startsQuery(at + 1)) throw new Obstacle(UNREAD);
      return this.query(at + 1, close);
    }
    if (isWord(token, 'SELECT')) return this.#select(at, to);
    if (isWord(token, 'VALUES')) return this.#values(at, to);
    if (isWord(token, 'TABLE')) return this.#table(at, to);
    throw new Obstacle(UNREAD);
  }

  /** `WITH [RECURSIVE] a (x) AS (…), b AS (…)`. `end` is where what they are for begins. */
  #with(from: number): { readonly ctes: readonly Cte[]; readonly recursive: boolean; readonly end: number } {
    if (!isWord(this.tokens[from], 'WITH')) return { ctes: [], recursive: false, end: from };
    const ctes: Cte[] = [];
    const recursive = isWord(this.tokens[from + 1], 'RECURSIVE') && isIdentifier(this.tokens[from + 2]);
    let at = from + (recursive ? 2 : 1);
    for (;;) {
      const name = this.tokens[at];
      if (!isIdentifier(name)) throw new Obstacle(UNREAD);
      let columns: string[] | undefined;
      at++;
      if (isSymbol(this.tokens[at], '(')) {
        columns = this.names(at);
        at = this.closing(at) + 1;
      }
      if (!isWord(this.tokens[at], 'AS') || !isSymbol(this.tokens[at + 1], '(')) throw new Obstacle(UNREAD);
      const close = this.closing(at + 1);
      ctes.push({ name: nameOf(name), columns, query: this.query(at + 2, close) });
      at = close + 1;
      if (!isSymbol(this.tokens[at], ',')) break;
      at++;
    }
    return { ctes, recursive, end: at };
  }

  /** WITH before a statement that isn't a query. */
  withBefore(from: number): { readonly ctes: readonly Cte[]; readonly recursive: boolean; readonly end: number } {
    return this.#with(from);
  }

  /** Names in parentheses. */
  names(open: number): string[] {
    const names: string[] = [];
    for (let at = open + 1; at < this.closing(open); at += 2) {
      const token = this.tokens[at];
      if (!isIdentifier(token) || !(isSymbol(this.tokens[at + 1], ',') || at + 1 === this.closing(open))) throw new Obstacle(UNREAD);
      names.push(nameOf(token));
    }
    return names;
  }

  #select(from: number, to: number): Block {
    let at = from + 1;
    let distinct = false;
    while (isWord(this.tokens[at], ...MANNERS)) distinct = isWord(this.tokens[at++], 'DISTINCT', 'DISTINCTROW') || distinct;
    const list = this.clauseFrom(at, to);
    const items = this.items(at, list);
    const before = this.clauses(list, to, 'FROM');
    let tables: Tables = NO_TABLES;
    let end = before.end;
    if (isWord(this.tokens[end], 'FROM')) {
      tables = readTables(this, end + 1, to);
      end = tables.end;
    }
    const clauses = this.clauses(end, to);
    return { is: 'select', from, to: clauses.end, distinct, items, tables, clauses: [...before.found, ...clauses.found] };
  }

  /** `VALUES (1, 2), ROW(3, 4)`. */
  #values(from: number, to: number): Block {
    const end = this.clauseFrom(from + 1, to);
    const clauses = this.clauses(end, to);
    const items: Item[] = [{ from: from + 1, to: end, ends: end, alias: undefined }];
    return { is: 'values', from, to: clauses.end, distinct: false, items, tables: NO_TABLES, clauses: clauses.found };
  }

  #table(from: number, to: number): Block {
    const tables = readTables(this, from + 1, to);
    const [only] = tables.factors;
    if (tables.factors.length !== 1 || only?.is !== 'named' || only.to !== only.ends) throw new Obstacle(UNREAD);
    const clauses = this.clauses(tables.end, to);
    return { is: 'table', from, to: clauses.end, distinct: false, items: [], tables, clauses: clauses.found };
  }

  /** Where the next clause or set operator begins outside of parentheses. */
  clauseFrom(from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (isSymbol(this.tokens[at], '(')) at = this.closing(at);
      else if (this.isClause(at) || isWord(this.tokens[at], 'FROM')) return at;
    }
    return to;
  }

  isClause(at: number): boolean {
    const [token, before, next] = [this.tokens[at], this.tokens[at - 1], this.tokens[at + 1]];
    if (token?.kind !== 'word' || isSymbol(before, '.')) return false;
    switch (token.text) {
      case 'GROUP':
        return !isWord(before, 'WITHIN');
      case 'WINDOW':
        return isIdentifier(next) && isWord(this.tokens[at + 2], 'AS');
      case 'RETURNING':
        return next !== undefined && !isSymbol(next, ',') && !isSymbol(next, ')') && !isWord(before, 'AS');
      case 'MINUS':
        return isWord(next, 'SELECT') || isSymbol(next, '(');
      default:
        return CLAUSES.has(token.text) || isWord(token, ...SET_OPERATORS);
    }
  }

  /** One clause after the other, up to a set operator. */
  clauses(from: number, to: number, stop?: string): { readonly found: readonly Clause[]; readonly end: number } {
    const found: Clause[] = [];
    let at = from;
    while (at < to && !isWord(this.tokens[at], ...SET_OPERATORS)) {
      const token = this.tokens[at];
      if (stop !== undefined && isWord(token, stop)) break;
      if (token === undefined || !this.isClause(at)) throw new Obstacle(UNREAD);
      // `FOR UPDATE` and `LOCK IN SHARE MODE` hold no clause's first word but their own.
      const end = this.clauseFrom(at + 1, to);
      found.push({ word: token.text as ClauseWord, from: at, to: end });
      at = end;
      if (isWord(this.tokens[at], 'FROM') && stop === undefined) throw new Obstacle(UNREAD);
    }
    return { found, end: at };
  }

  /** What commas separate outside of parentheses. */
  parts(from: number, to: number): { readonly from: number; readonly to: number }[] {
    const parts: { from: number; to: number }[] = [];
    let start = from;
    for (let at = from; at < to; at++) {
      if (isSymbol(this.tokens[at], '(')) at = this.closing(at);
      else if (isSymbol(this.tokens[at], ',')) {
        parts.push({ from: start, to: at });
        start = at + 1;
      }
    }
    if (to > from) parts.push({ from: start, to });
    return parts;
  }

  items(from: number, to: number): Item[] {
    return this.parts(from, to).map((part) => this.#item(part.from, part.to));
  }

  /** An alias is the last token, behind AS or behind what ends an operand. */
  #item(from: number, to: number): Item {
    const [last, before] = [this.tokens[to - 1], this.tokens[to - 2]];
    const none: Item = { from, to, ends: to, alias: undefined };
    if (to - from < 2 || (!isIdentifier(last) && last?.kind !== 'string')) return none;
    const alias = last.kind === 'string' ? last.text : nameOf(last);
    if (isWord(before, 'AS')) return { from, to, ends: to - 2, alias };
    if (last.kind === 'word' && (NO_OUTPUT_ALIAS.has(last.text) || (UNITS.test(last.text) && this.tokens.slice(from, to).some((token) => isWord(token, 'INTERVAL'))))) return none;
    return endsOperand(before) && !(last.kind === 'string' && before?.kind === 'string') ? { from, to, ends: to - 1, alias } : none;
  }
}

/** Words that end an expression. */
const NO_OUTPUT_ALIAS: ReadonlySet<string> = new Set(['END', 'NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'AND', 'OR', 'NOT', 'DIV', 'MOD', 'XOR', 'LIKE', 'IN', 'IS', 'BETWEEN', 'COLLATE', 'INTERVAL', 'ROLLUP']);
const UNITS = /^(?:MICROSECOND|SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR|\w+_(?:MICROSECOND|SECOND|MINUTE|HOUR|MONTH))$/;
const OPERATORS: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT', 'DIV', 'MOD', 'XOR', 'LIKE', 'IN', 'IS', 'BETWEEN', 'COLLATE', 'INTERVAL', 'CASE', 'WHEN', 'THEN', 'ELSE', 'BINARY', 'EXISTS', 'REGEXP', 'RLIKE', 'ESCAPE', 'SOUNDS', 'DISTINCT', 'ALL', 'OVER', 'PRIOR', 'OF', 'FOR']);

function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'symbol') return token.text === ')' || token.text === '?' || token.text === '}';
  return !(token.kind === 'word' && (OPERATORS.has(token.text) || token.text.startsWith('_')));
}
