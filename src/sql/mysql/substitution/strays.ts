/** The rule beneath the second look: whatever is still called as a masked relation is, must be no table that is read. Simple, and so often too strict. */

import { nameAt, nameOf } from '../cursor.ts';
import type { Names } from '../names.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import { findReferences } from '../references.ts';
import { QUERY_STARTS } from '../words.ts';
import { fold } from './origins.ts';
import type { Check } from './verify.ts';

interface Stray extends Pick<Check, 'before' | 'reading' | 'knowledge' | 'untouched'> {
  readonly names: Names;
  readonly replaced: ReadonlySet<number>;
}

/** Statements that read no rows though they name tables, by their first word. */
const ROWLESS = ['TRUNCATE', 'DROP', 'LOCK', 'FLUSH', 'OPTIMIZE', 'REPAIR', 'CHECK', 'ANALYZE', 'USE', 'GRANT', 'REVOKE', 'DESC', 'DESCRIBE', 'EXPLAIN', 'SHOW', 'UNLOCK', 'KILL', 'DEALLOCATE', 'EXECUTE', 'SAVEPOINT', 'RELEASE', 'ROLLBACK', 'COMMIT', 'BEGIN', 'START', 'HELP', 'XA', 'ALTER', 'CREATE', 'LOAD', 'PREPARE', 'SET'] as const;

/** A name that is neither replaced nor harmless; undefined when there is none. */
export function strays(stray: Stray): string | undefined {
  const { before, untouched } = stray;
  const named = before.flatMap((token, at) => (isNamed(stray, token, at) ? [at] : []));
  if (named.length === 0) return undefined;
  if (untouched) {
    const reads = !isWord(before[0], ...ROWLESS) || (before.some((token) => isWord(token, 'SELECT', 'HANDLER')) && !isWord(before[0], 'GRANT', 'REVOKE')) || before.filter((token) => isWord(token, 'TABLE')).length > 1;
    return reads ? nameOf(before[named[0] ?? 0] as Token) : undefined;
  }
  const targets = new Targets(stray);
  const tables = targets.queries ? findReferences(before, 0).tables : undefined;
  // In a query, aliases and columns may be called as tables are. The facts are made of the same tables.
  const isTable = (index: number): boolean => tables?.some(({ at, end }) => index >= at && index < end) ?? true;
  const at = named.find((index) => isTable(index) && !isHarmless(stray, index) && !targets.has(index));
  return at === undefined ? undefined : nameOf(before[at] as Token);
}

const isNamed = ({ knowledge, replaced }: Stray, token: Token, at: number): boolean => isIdentifier(token) && !replaced.has(at) && knowledge.tainted.has(fold(nameOf(token)));

/** A qualifier, an alias, a function, a column behind its table, or a table that only is called the same. */
function isHarmless({ before, names, reading, knowledge }: Stray, at: number): boolean {
  const [previous, token, next] = [before[at - 1], before[at], before[at + 1]];
  if (token === undefined || isSymbol(next, '.') || isSymbol(next, '(') || isWord(previous, 'AS')) return true;
  const name = nameOf(token);
  if (!isSymbol(previous, '.')) {
    const own = names.relation(reading.database, name);
    return own !== undefined && isClean(knowledge, own);
  }
  const qualifier = before[at - 2];
  if (!isIdentifier(qualifier)) return false;
  const { relations } = knowledge.sight.data;
  const schema = fold(nameOf(qualifier));
  const relation = names.relation(nameOf(qualifier), name);
  if (relation !== undefined) return isClean(knowledge, relation);
  return !relations.some((each) => fold(each.schema) === schema);
}

const isClean = (knowledge: Stray['knowledge'], relation: Parameters<Stray['knowledge']['of']>[0]): boolean => {
  const { replaced, obstacle } = knowledge.of(relation);
  return !replaced && obstacle === undefined;
};

/** Tables that a statement writes: where they are named for that, they aren't read by it. */
class Targets {
  readonly #tokens: readonly Token[];
  readonly #stray: Stray;
  /** Index of INSERT, REPLACE, UPDATE, DELETE; -1 without one. */
  readonly #verb: number;

  constructor(stray: Stray) {
    this.#stray = stray;
    this.#tokens = stray.before;
    this.#verb = this.#level(0, (token) => isWord(token, 'INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'SELECT'));
  }

  /** Nothing is written. */
  get queries(): boolean {
    return isWord(this.#tokens[0], 'SELECT', 'WITH') && isWord(this.#tokens[this.#verb], 'SELECT');
  }

  /** The first such token outside of parentheses. */
  #level(from: number, is: (token: Token) => boolean): number {
    let depth = 0;
    for (let at = from; at < this.#tokens.length; at++) {
      const token = this.#tokens[at];
      if (token === undefined) break;
      if (isSymbol(token, '(')) depth++;
      else if (isSymbol(token, ')')) depth--;
      else if (depth === 0 && is(token)) return at;
    }
    return -1;
  }

  has(at: number): boolean {
    const verb = this.#tokens[this.#verb];
    if (isWord(this.#tokens[0], 'SHOW')) return at < this.#level(0, (token) => isWord(token, 'WHERE'));
    if (isWord(this.#tokens[0], 'CREATE')) return this.#created(at);
    if (this.#inQuery(at)) return false;
    if (isWord(verb, 'INSERT', 'REPLACE')) return this.#isName(at, this.#skip(this.#verb + 1));
    if (isWord(verb, 'UPDATE')) return this.#updated(at);
    return isWord(verb, 'DELETE') && this.#deleted(at);
  }

  #skip(from: number): number {
    let at = from;
    while (isWord(this.#tokens[at], 'LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE', 'QUICK', 'HISTORY', 'INTO', 'IF', 'NOT', 'EXISTS')) at++;
    return at;
  }

  #isName(at: number, start: number): boolean {
    const name = nameAt(this.#tokens, start);
    return name !== undefined && at === name.end - 1;
  }

  #created(at: number): boolean {
    const table = this.#tokens.findIndex((token) => isWord(token, 'TABLE'));
    return table >= 0 && table < 5 && this.#isName(at, this.#skip(table + 1));
  }

  /** Within parentheses that hold a query. */
  #inQuery(at: number): boolean {
    let depth = 0;
    for (let index = at - 1; index >= 0; index--) {
      const token = this.#tokens[index];
      if (isSymbol(token, ')')) depth++;
      else if (isSymbol(token, '(') && --depth < 0) {
        const inside = this.#tokens[index + 1];
        if (inside?.kind === 'word' && QUERY_STARTS.has(inside.text)) return true;
        depth = 0;
      }
    }
    return false;
  }

  /** What the table is called behind its name. */
  #called(at: number): ReadonlySet<string> {
    const next = isWord(this.#tokens[at + 1], 'AS') ? this.#tokens[at + 2] : this.#tokens[at + 1];
    const own = this.#tokens[at];
    return new Set([own, next].flatMap((token) => (isIdentifier(token) ? [fold(nameOf(token))] : [])));
  }

  #updated(at: number): boolean {
    const set = this.#level(this.#verb, (token) => isWord(token, 'SET'));
    if (set < 0 || at > set) return false;
    const list = this.#tokens.slice(this.#verb, set);
    if (!list.some((token) => isSymbol(token, ',') || isWord(token, 'JOIN', 'STRAIGHT_JOIN', 'SELECT'))) return true;
    const called = this.#called(at);
    const end = this.#level(set, (token) => isWord(token, 'WHERE', 'ORDER', 'LIMIT'));
    const last = end < 0 ? this.#tokens.length : end;
    for (let start = set; start >= 0 && start < last; start = this.#level(start + 1, (token) => isSymbol(token, ','))) {
      const column = nameAt(this.#tokens, start + 1);
      if (column === undefined) continue;
      if (column.schema === undefined ? this.#hasColumn(at, column.name) : called.has(fold(column.schema))) return true;
    }
    return false;
  }

  #hasColumn(at: number, column: string): boolean {
    const { names, reading } = this.#stray;
    const qualifier = isSymbol(this.#tokens[at - 1], '.') ? this.#tokens[at - 2] : undefined;
    const relation = names.relation(isIdentifier(qualifier) ? nameOf(qualifier) : reading.database, nameOf(this.#tokens[at] as Token));
    return relation !== undefined && names.columns(relation).has(column.toLowerCase());
  }

  #deleted(at: number): boolean {
    const start = this.#skip(this.#verb + 1);
    const from = this.#level(this.#verb, (token) => isWord(token, 'FROM'));
    const using = this.#level(this.#verb, (token) => isWord(token, 'USING'));
    const where = this.#level(this.#verb, (token) => isWord(token, 'WHERE'));
    const first = from === start;
    const several = !first || (using >= 0 && isWord(this.#tokens[using], 'USING') && this.#onlyNames(from + 1, using));
    if (!several) return this.#isName(at, from + 1);
    const [listFrom, listTo] = first ? [from + 1, using] : [start, from];
    if (at >= listFrom && at < listTo) return true;
    const listed = new Set(this.#tokens.slice(listFrom, listTo).flatMap((token) => (isIdentifier(token) ? [fold(nameOf(token))] : [])));
    return at > listTo && (where < 0 || at < where) && [...this.#called(at)].some((name) => listed.has(name));
  }

  #onlyNames(from: number, to: number): boolean {
    return this.#tokens.slice(from, to).every((token) => isIdentifier(token) || ['.', ',', '*'].some((each) => isSymbol(token, each)));
  }
}
