/**
 * Finds the tables that a statement's queries name: what stands behind FROM, JOIN and the commas between them, at any depth.
 * One pass over the tokens with a frame for each parenthesis. It may take for a table what is none (the server then says
 * so, or it is found not to exist); it leaves none out.
 */

import { closing, nameAt, nameOf } from './cursor.ts';
import type { QualifiedName } from './cursor.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Token } from './tokens.ts';
import { AFTER_TABLES, FROM_WITHIN, NO_ALIAS, QUERY_STARTS } from './words.ts';

export interface Reference extends QualifiedName {
  /** Index of its first token. */
  readonly at: number;
  /** As written. */
  readonly alias: string | undefined;
  /** Of the query whose FROM it is in: those of one SELECT, or of SELECTs joined by UNION, have the same. */
  readonly group: number;
  /** Came with TABLE: all columns are read. */
  readonly whole: boolean;
}

export interface References {
  readonly tables: readonly Reference[];
  /** Names of WITH queries, in lower case. */
  readonly ctes: ReadonlySet<string>;
  /** Aliases of tables and subqueries, in lower case. */
  readonly aliases: ReadonlySet<string>;
  /** Indexes of tokens that are parts of tables' names, aliases, WITH queries' names and names of indexes. */
  readonly used: ReadonlySet<number>;
  /** Names of WITH queries' columns, in lower case. */
  readonly cteColumns: ReadonlySet<string>;
  /** The query in which each star stands, by the star's index. */
  readonly stars: ReadonlyMap<number, number>;
}

interface Frame {
  readonly group: number;
  /** `tables`: in a list of tables. `join`: in a condition of such a list, which a comma or JOIN ends. */
  mode: 'expression' | 'tables' | 'join';
  /** A table's name comes next. */
  expect: boolean;
  /** So many FROMs to come are none of a query. */
  ignoreFrom: number;
  /** Between WITH and the statement it belongs to. */
  inCtes: boolean;
  /** A JOIN was seen in this list: USING then names columns, else (in DELETE) tables. */
  joined: boolean;
}

const frame = (group: number, mode: Frame['mode'], expect = false, ignoreFrom = 0): Frame => ({ group, mode, expect, ignoreFrom, inCtes: false, joined: false });

/** @param tablesAt where a list of tables begins without FROM, as in UPDATE */
export function findReferences(tokens: readonly Token[], from: number, tablesAt = -1): References {
  const finder = new Finder(tokens, from, tablesAt);
  finder.run();
  return finder;
}

class Finder implements References {
  readonly tables: Reference[] = [];
  readonly ctes = new Set<string>();
  readonly aliases = new Set<string>();
  readonly used = new Set<number>();
  readonly cteColumns = new Set<string>();
  readonly stars = new Map<number, number>();
  #groups = 0;
  readonly #tokens: readonly Token[];
  readonly #tablesAt: number;
  #top: Frame = frame(0, 'expression');
  readonly #frames: Frame[] = [this.#top];
  #at: number;

  constructor(tokens: readonly Token[], from: number, tablesAt: number) {
    this.#tokens = tokens;
    this.#at = from;
    this.#tablesAt = tablesAt;
  }

  run(): void {
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at];
      if (token === undefined) return;
      if (this.#at === this.#tablesAt) this.#expect();
      if (token.kind === 'symbol') this.#symbol(token.text);
      else if (token.kind === 'name') this.#name(token);
      else if (token.kind !== 'word') this.#at++;
      else if (!this.#keyword(token.text)) this.#name(token);
    }
  }

  #word(ahead: number): string {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === 'word' ? token.text : '';
  }

  #symbol(symbol: string): void {
    const top = this.#top;
    if (symbol === '.' && top.expect && isIdentifier(this.#tokens[this.#at + 1])) return this.#table();
    if (symbol === '(') this.#open();
    else if (symbol === ')') this.#close();
    else if (symbol === ',' && top.mode !== 'expression') this.#expect();
    // FROM { OJ t LEFT JOIN … }: any word may stand in the place of OJ.
    else if (symbol === '{' && top.expect) this.#at++;
    else if (symbol === '*') this.stars.set(this.#at, top.group);
    this.#at++;
  }

  #open(): void {
    const top = this.#top;
    const derived = top.expect;
    top.expect = false;
    if (derived && !QUERY_STARTS.has(this.#word(1))) return this.#push(frame(top.group, 'tables', true));
    const before = this.#tokens[this.#at - 1];
    this.#push(frame(++this.#groups, 'expression', false, before?.kind === 'word' && FROM_WITHIN.has(before.text) ? 1 : 0));
  }

  #push(next: Frame): void {
    this.#frames.push(next);
    this.#top = next;
  }

  #close(): void {
    if (this.#frames.length > 1) this.#frames.pop();
    this.#top = this.#frames.at(-1) ?? this.#top;
  }

  #expect(): void {
    this.#top.mode = 'tables';
    this.#top.expect = true;
  }

  #leave(): void {
    this.#top.mode = 'expression';
    this.#top.expect = false;
  }

  /** True when the word was one of these and has been passed. */
  #keyword(word: string): boolean {
    const top = this.#top;
    const inTables = top.mode !== 'expression';
    switch (word) {
      case 'SELECT':
        top.inCtes = false;
        this.#leave();
        break;
      case 'WITH':
        this.#with();
        return true;
      case 'FROM':
        this.#from();
        break;
      case 'JOIN':
        this.#join();
        break;
      case 'STRAIGHT_JOIN':
        if (inTables) this.#join();
        break;
      case 'TABLE':
        if (!this.#startsQuery()) return false;
        this.#at++;
        this.#table(true);
        return true;
      case 'ON':
        if (inTables && this.#word(1) === 'DUPLICATE') this.#leave();
        else if (inTables && !top.expect) top.mode = 'join';
        break;
      case 'USING':
        if (inTables && top.joined) top.mode = 'join';
        else if (inTables) this.#expect();
        break;
      case 'FOR':
        this.#for();
        return true;
      case 'INDEX':
      case 'KEY':
        if (inTables && !top.expect) this.#indexHint();
        else return false;
        return true;
      case 'LATERAL':
        if (!top.expect) return false;
        break;
      case 'DUAL':
        if (!top.expect) return false;
        top.expect = false;
        break;
      case 'WINDOW':
        if (!inTables || !isIdentifier(this.#tokens[this.#at + 1]) || this.#word(2) !== 'AS') return false;
        this.#leave();
        break;
      case 'RETURNING':
        if (!inTables || top.expect) return false;
        this.#leave();
        break;
      default:
        if (!inTables || !AFTER_TABLES.has(word)) return false;
        this.#leave();
    }
    this.#at++;
    return true;
  }

  #from(): void {
    const top = this.#top;
    if (top.ignoreFrom > 0) {
      top.ignoreFrom--;
      return;
    }
    if (isWord(this.#tokens[this.#at - 1], 'DISTINCT') && isWord(this.#tokens[this.#at - 2], 'IS', 'NOT')) return;
    top.joined = false;
    this.#expect();
  }

  #join(): void {
    this.#top.joined = true;
    this.#expect();
  }

  /** `TABLE t` in the place of a SELECT. */
  #startsQuery(): boolean {
    const before = this.#tokens[this.#at - 1];
    const next = this.#tokens[this.#at + 1];
    if (!isIdentifier(next) && !isSymbol(next, '.')) return false;
    return before === undefined || isSymbol(before, '(') || isSymbol(before, ')') || isIdentifier(before);
  }

  /** The names before each `AS (`: their queries are read as any other. */
  #with(): void {
    this.#at++;
    if (this.#word(0) === 'RECURSIVE' && isIdentifier(this.#tokens[this.#at + 1])) this.#at++;
    if (this.#cte()) this.#top.inCtes = true;
  }

  #cte(): boolean {
    const token = this.#tokens[this.#at];
    if (!isIdentifier(token)) return false;
    const list = isSymbol(this.#tokens[this.#at + 1], '(') ? closing(this.#tokens, this.#at + 1) : this.#at;
    if (!isWord(this.#tokens[list + 1], 'AS') || !isSymbol(this.#tokens[list + 2], '(')) return false;
    this.ctes.add(nameOf(token).toLowerCase());
    for (let at = this.#at; at <= list; at++) {
      this.used.add(at);
      const column = this.#tokens[at];
      if (at > this.#at && isIdentifier(column)) this.cteColumns.add(nameOf(column).toLowerCase());
    }
    this.#at = list + 1;
    return true;
  }

  /** `FOR SYSTEM_TIME …` and `FOR PORTION OF …` belong to a table (MariaDB); else it is FOR UPDATE and ends the list. */
  #for(): void {
    const next = this.#word(1);
    if (this.#top.mode !== 'expression' && (next === 'SYSTEM_TIME' || next === 'PORTION')) {
      if (next === 'PORTION' || this.#word(2) === 'FROM') this.#top.ignoreFrom++;
      if (next === 'SYSTEM_TIME') this.#top.mode = 'join';
    } else if (this.#top.mode !== 'expression') this.#leave();
    this.#at++;
  }

  /** `USE INDEX FOR ORDER BY (i)`: the words between don't end the list. */
  #indexHint(): void {
    this.#at++;
    if (!isWord(this.#tokens[this.#at - 2], 'USE', 'FORCE', 'IGNORE')) return;
    if (this.#word(0) === 'FOR') this.#at += this.#word(1) === 'JOIN' ? 2 : 3;
    if (!isSymbol(this.#tokens[this.#at], '(')) return;
    const end = closing(this.#tokens, this.#at);
    for (; this.#at < end; this.#at++) this.used.add(this.#at);
    this.#at++;
  }

  #name(token: Token): void {
    const top = this.#top;
    if (top.expect) return this.#table();
    const before = this.#tokens[this.#at - 1];
    if (top.inCtes && isSymbol(before, ',') && this.#cte()) return;
    // The alias of a subquery, or of a list in parentheses.
    if (top.mode === 'tables' && (isSymbol(before, ')') || isWord(before, 'AS')) && !(token.kind === 'word' && NO_ALIAS.has(token.text))) this.#alias(this.#at);
    this.#at++;
  }

  #alias(at: number): string | undefined {
    const token = this.#tokens[at];
    if (!isIdentifier(token) && token?.kind !== 'string') return undefined;
    this.used.add(at);
    const alias = token.kind === 'string' ? token.text : nameOf(token);
    this.aliases.add(alias.toLowerCase());
    return alias;
  }

  #table(whole = false): void {
    const start = this.#at;
    const name = nameAt(this.#tokens, start);
    this.#top.expect = false;
    if (name === undefined) {
      this.#at++;
      return;
    }
    this.#at = name.end;
    // A table function: its arguments are looked at like any other expression.
    if (isSymbol(this.#tokens[name.end], '(') && isWord(this.#tokens[start], 'JSON_TABLE')) return;
    for (let at = start; at < name.end; at++) this.used.add(at);
    this.#skipPartitions();
    const alias = this.#tableAlias();
    this.tables.push({ ...name, at: start, alias, group: this.#top.group, whole });
  }

  /** `t PARTITION (p0, p1)`. */
  #skipPartitions(): void {
    if (this.#word(0) !== 'PARTITION' || !isSymbol(this.#tokens[this.#at + 1], '(')) return;
    const end = closing(this.#tokens, this.#at + 1);
    for (let at = this.#at; at <= end; at++) this.used.add(at);
    this.#at = end + 1;
  }

  #tableAlias(): string | undefined {
    const token = this.#tokens[this.#at];
    const explicit = isWord(token, 'AS');
    const at = explicit ? this.#at + 1 : this.#at;
    const named = this.#tokens[at];
    if (!isIdentifier(named) && named?.kind !== 'string') return undefined;
    if (!explicit && named.kind === 'word' && (NO_ALIAS.has(named.text) || AFTER_TABLES.has(named.text) || this.#isClause(at))) return undefined;
    this.#at = at + 1;
    return this.#alias(at);
  }

  /** Words that only one server reserves: told apart by what follows. */
  #isClause(at: number): boolean {
    const [token, next] = [this.#tokens[at], this.#tokens[at + 1]];
    if (isWord(token, 'WINDOW')) return isIdentifier(next) && isWord(this.#tokens[at + 2], 'AS');
    return isWord(token, 'RETURNING', 'OFFSET', 'TABLESAMPLE', 'QUALIFY') && next !== undefined && !isSymbol(next, ',') && !isSymbol(next, ')');
  }
}
