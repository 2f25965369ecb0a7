/** What a subquery in the place of a relation must look like, token by token. Part of the second look: knows the catalog and the sight, nothing of the splicer. */

import { nameAt, nameOf } from '../cursor.ts';
import type { RelationData } from '../../catalog.ts';
import type { Names } from '../names.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { fold } from './origins.ts';
import type { Check } from './verify.ts';

export interface Replacement {
  readonly schema: string;
  readonly called: string;
  /** As `canonical` writes them. */
  readonly conditions: readonly string[];
}

/** @param old `customers AS c USE INDEX (i)`, `TABLE customers` @param now `(SELECT … FROM `shop`.`customers` … ) AS `c`` @returns undefined when it isn't that */
export function readReplacement(old: readonly Token[], now: readonly Token[], check: Check, names: Names): Replacement | undefined {
  return new Reader(old, now, check, names).read();
}

class Reader {
  readonly #old: readonly Token[];
  readonly #now: readonly Token[];
  readonly #check: Check;
  readonly #names: Names;
  #at = 0;

  constructor(old: readonly Token[], now: readonly Token[], check: Check, names: Names) {
    this.#old = old;
    this.#now = now;
    this.#check = check;
    this.#names = names;
  }

  read(): Replacement | undefined {
    const whole = isWord(this.#old[0], 'TABLE');
    const name = nameAt(this.#old, whole ? 1 : 0);
    const { knowledge, reading } = this.#check;
    const relation = name === undefined ? undefined : this.#names.relation(name.schema ?? reading.database, name.name);
    const masked = relation === undefined ? undefined : knowledge.sight.relation(relation.schema, relation.name);
    if (name === undefined || relation === undefined || !knowledge.of(relation).replaced) return undefined;
    const hidden = masked?.columns ?? [];
    if (whole && !this.#take('SELECT', '*', 'FROM')) return undefined;
    if (!this.#take('(', 'SELECT') || !this.#columns(relation.schema, relation.name)) return undefined;
    if (!this.#take('FROM') || !this.#source(relation)) return undefined;
    const [close, as, called] = this.#now.slice(-3);
    if (!isSymbol(close, ')') || !isWord(as, 'AS') || called?.kind !== 'name') return undefined;
    const end = this.#now.length - 3;
    if (!this.#details(this.#old.slice(name.end), called.text, name.name, end)) return undefined;
    const ignored = this.#ignored(end);
    const from = this.#at;
    const conditions = this.#conditions(end, new Set(hidden.filter(({ filtered }) => filtered !== 'equality' || this.#check.explains).map((column) => fold(column.name))), new Set(hidden.map((column) => fold(column.name))));
    const lookedUp = new Set(this.#now.slice(from, this.#at).flatMap((token) => (token.kind === 'name' ? [fold(token.text)] : [])));
    for (const { name: index, columns } of relation.indexes ?? []) {
      const tells = columns.some((column) => column === '' || (hidden.some((each) => each.name === column) && !lookedUp.has(fold(column))));
      if (tells && !ignored.has(index)) return undefined;
    }
    return conditions === undefined || !this.#locks(end) ? undefined : { schema: relation.schema, called: called.text, conditions };
  }

  /** The relation by its name, or a view's definition, which was looked at in the same way. */
  #source(relation: RelationData): boolean {
    const { knowledge, reading, explains, lex } = this.#check;
    if (!isSymbol(this.#now[this.#at], '(')) return this.#takeName(relation.schema) && this.#take('.') && this.#takeName(relation.name) && knowledge.of(relation).telling === undefined;
    const form = relation.kind === 'v' ? knowledge.form(relation, reading, explains) : undefined;
    if (form === undefined) return false;
    const list = form.columns === undefined ? '' : ` (${form.columns.map((each) => `\`${each.split('`').join('``')}\``).join(', ')})`;
    const expected = lex(`(${form.text}) AS \`${relation.name.split('`').join('``')}\`${list}`);
    if (!expected.every((token, ahead) => sameToken(token, this.#now[this.#at + ahead]))) return false;
    this.#at += expected.length;
    return true;
  }

  #take(...texts: readonly string[]): boolean {
    if (!texts.every((text, ahead) => this.#now[this.#at + ahead]?.text === text && this.#now[this.#at + ahead]?.kind !== 'string' && this.#now[this.#at + ahead]?.kind !== 'name')) return false;
    this.#at += texts.length;
    return true;
  }

  #takeName(name: string): boolean {
    const token = this.#now[this.#at];
    if (token?.kind !== 'name' || token.text !== name) return false;
    this.#at++;
    return true;
  }

  /** Every column of the catalog in its order, each that is masked as its mask; those that `*` leaves out may be left out. */
  #columns(schema: string, table: string): boolean {
    const relation = this.#names.relation(schema, table);
    const masked = this.#check.knowledge.sight.relation(schema, table);
    let first = true;
    for (const column of relation?.columns ?? []) {
      const mask = masked?.columns.find(({ name }) => name === column.name);
      const name = `\`${column.name.split('`').join('``')}\``;
      const sql = mask === undefined ? name : `${this.#check.explains && (mask.mask === 'hash' || mask.mask === 'email') ? "'masked'" : mask.sql.join(this.#check.explains ? 'NULL' : name)} AS ${name}`;
      const expected = this.#check.lex(first ? sql : `, ${sql}`);
      if (expected.every((token, ahead) => sameToken(token, this.#now[this.#at + ahead]))) this.#at += expected.length;
      else if (column.hidden !== true) return false;
      else continue;
      first = false;
    }
    return !first;
  }

  /** Partitions, time and index hints, with the alias left out between them. */
  #details(old: readonly Token[], called: string, name: string, end: number): boolean {
    let aliased = false;
    for (let at = 0; at < old.length;) {
      if (this.#at < end && sameToken(old[at], this.#now[this.#at])) {
        at++;
        this.#at++;
        continue;
      }
      if (aliased) return false;
      if (isWord(old[at], 'AS')) at++;
      const alias = old[at++];
      if (!isIdentifier(alias) || nameOf(alias) !== called) return false;
      aliased = true;
    }
    return aliased || called === name;
  }

  /** Indexes that the subquery must not be read by. */
  #ignored(end: number): ReadonlySet<string> {
    const names = new Set<string>();
    if (!this.#take('IGNORE', 'INDEX', '(')) return names;
    for (let token = this.#now[this.#at]; this.#at < end && token?.kind === 'name'; token = this.#now[this.#at]) {
      names.add(token.text);
      this.#at++;
      if (!this.#take(',')) break;
    }
    return this.#take(')') ? names : new Set();
  }

  #conditions(end: number, forbidden: ReadonlySet<string>, masked: ReadonlySet<string>): string[] | undefined {
    if (!isWord(this.#now[this.#at], 'WHERE')) return [];
    const found: string[] = [];
    let start = this.#at + 1;
    let depth = 0;
    for (let at = start; at <= end; at++) {
      const token = this.#now[at];
      if (isSymbol(token, '(')) depth++;
      else if (isSymbol(token, ')') && at < end) depth--;
      if (at < end && (depth > 0 || !(isWord(token, 'AND', 'FOR') || isWord(token, 'LOCK')))) continue;
      const one = conditionOf(this.#now.slice(start, at));
      if (one === undefined || forbidden.has(one.column) || (masked.has(one.column) && one.operator !== '=' && one.operator !== 'IN')) return undefined;
      found.push(one.text);
      start = at + 1;
      this.#at = at;
      if (!isWord(token, 'AND')) break;
    }
    return found;
  }

  #locks(end: number): boolean {
    const rest = this.#now.slice(this.#at, end);
    return rest.every((token, at) => isWord(token, 'FOR', 'UPDATE', 'SHARE', 'LOCK', 'IN', 'MODE', 'NOWAIT', 'SKIP', 'LOCKED', 'WAIT') || (token.kind === 'number' && isWord(rest[at - 1], 'WAIT')));
  }
}

export const sameToken = (a: Token | undefined, b: Token | undefined): boolean => a !== undefined && b !== undefined && a.kind === b.kind && a.text === b.text;

export interface Condition {
  readonly column: string;
  readonly operator: string;
  /** The same for a condition before and after it was moved. */
  readonly text: string;
}

const OPERATORS = ['=', '<', '>', '<=', '>=', '<>', '!='] as const;
const TURNED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/** A column against constants, and nothing else. */
export function conditionOf(given: readonly Token[]): Condition | undefined {
  const tokens = unwrapped(given);
  const at = tokens.findIndex((token) => OPERATORS.some((each) => isSymbol(token, each)) || isWord(token, 'IN'));
  if (at < 1) return undefined;
  const operator = tokens[at]?.text ?? '';
  const [left, right] = [tokens.slice(0, at), tokens.slice(at + 1)];
  const turned = !isIdentifier(left[0]) && !isSymbol(left[0], '.');
  const [chain, values] = turned ? [right, left] : [left, right];
  const column = chain.at(-1);
  if (!isIdentifier(column) || !chain.every((token) => isIdentifier(token) || isSymbol(token, '.')) || values.length === 0 || (turned && operator === 'IN')) return undefined;
  if (!values.every((token) => token.kind === 'string' || token.kind === 'number' || ['?', '-'].some((each) => isSymbol(token, each)) || (operator === 'IN' && ['(', ',', ')'].some((each) => isSymbol(token, each))))) return undefined;
  const way = turned ? (TURNED[operator] ?? operator) : operator;
  const name = fold(nameOf(column));
  return { column: name, operator: way, text: JSON.stringify([name, way, ...values.map(({ kind, text }) => [kind, text])]) };
}

/** Parameters as they were before they were made values of the column's type. */
export function unwrapped(tokens: readonly Token[]): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const wraps = isWord(token, 'CONCAT', 'CAST') && isSymbol(tokens[at + 1], '(') && isSymbol(tokens[at + 2], '?');
    if (!wraps) {
      found.push(token);
      continue;
    }
    const parameter = tokens[at + 2];
    if (parameter !== undefined) found.push(parameter);
    let depth = 0;
    do {
      at++;
      if (isSymbol(tokens[at], '(')) depth++;
      if (isSymbol(tokens[at], ')')) depth--;
    } while (depth > 0 && at < tokens.length);
  }
  return found;
}
