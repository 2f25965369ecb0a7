/** INSERT, REPLACE, UPDATE, DELETE, LOAD DATA. */

import type { Effect } from '../facts.ts';
import { closing, nameAt, nameOf } from './cursor.ts';
import type { Cursor, QualifiedName } from './cursor.ts';
import { MOST_WORK } from './columns.ts';
import type { Sight } from './columns.ts';
import { RESERVED } from './keywords.ts';
import { judgeQueries } from './query.ts';
import type { Source } from './query.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';
import { QUERY_STARTS } from './words.ts';

/** @param at the verb's index */
export function judgeInsert(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 1);
  const replaces = isWord(walk.tokens[at], 'REPLACE');
  cursor.skipWords('LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE', 'INTO');
  const name = cursor.name();
  if (name === undefined) return;
  const target = written(walk, name, ['insert', ...(replaces ? ['delete' as const] : [])]);
  if (cursor.is('PARTITION')) {
    cursor.at++;
    cursor.skipParentheses();
  }
  insertColumns(cursor, target);
  const from = cursor.at;
  const updates = indexOf(walk, from, 'ON', 'DUPLICATE', 'KEY', 'UPDATE');
  if (updates >= 0) {
    walk.found.effect('update', target.touch.name);
    target.touch.read = true;
  }
  const returns = indexOf(walk, from, 'RETURNING');
  if (returns >= 0) {
    walk.found.effect('read', target.touch.name);
    target.touch.read = true;
  }
  judgeQueries(walk, from, { also: [target] });
}

/** `(a, b)`, all columns without it; `SET a = …` names them itself. */
function insertColumns(cursor: Cursor, { touch, relation }: Sight): void {
  const next = cursor.tokens[cursor.at + 1];
  const listed = isSymbol(cursor.token, '(') && !isSymbol(next, '(') && !(next?.kind === 'word' && QUERY_STARTS.has(next.text));
  if (!listed) {
    if (!cursor.is('SET')) touch.columns.add('*');
    return;
  }
  const end = closing(cursor.tokens, cursor.at);
  for (let at = cursor.at + 1; at < end; at++) {
    const token = cursor.tokens[at];
    if (isIdentifier(token) && !isSymbol(cursor.tokens[at + 1], '.')) touch.columns.add(columnOf(relation, nameOf(token)));
  }
  if (end === cursor.at + 1) touch.columns.add('*');
  cursor.at = end + 1;
}

const columnOf = (relation: Sight['relation'], name: string): string =>
  relation === undefined ? name : (relation.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name ?? '*');

function written(walk: Walk, { schema, name }: Pick<QualifiedName, 'schema' | 'name'>, effects: readonly Effect[]): Sight {
  const [first = 'update', ...others] = effects;
  const { touch, relation } = walk.touch(schema, name, first, true);
  for (const effect of others) walk.found.effect(effect, touch.name);
  return { touch, relation, called: name.toLowerCase(), group: undefined };
}

/** @param from where the whole statement begins, with the WITH before it @param at the verb's index */
export function judgeUpdate(walk: Walk, from: number, at: number): void {
  const cursor = walk.cursor(at + 1);
  cursor.skipWords('LOW_PRIORITY', 'IGNORE');
  const tablesAt = cursor.at;
  const set = levelIndexOf(walk, tablesAt, 'SET');
  const { sources } = judgeQueries(walk, from, { tablesAt });
  const listed = sources.filter(({ reference }) => reference.at >= tablesAt && (set < 0 || reference.at < set) && isListed(walk, reference.at, tablesAt));
  for (const source of targetsOfSet(walk, set, listed)) rewrite(walk, source, 'update');
  if (sources.length === 0) walk.found.effect('update');
  if (!selects(walk, levelIndexOf(walk, tablesAt, 'WHERE'))) walk.found.unbounded = true;
}

/** Tokens. What stands further off counts as listed. */
const FAR = 2000;

const CONSTANT: ReadonlySet<string> = new Set([...RESERVED, 'TRUE', 'FALSE', 'NULL', 'UNKNOWN', 'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'CURRENT_USER', 'LOCALTIME', 'LOCALTIMESTAMP', 'UTC_DATE', 'UTC_TIME', 'UTC_TIMESTAMP', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'OFFSET', 'ESCAPE']);

/** Does a condition look at rows at all? `WHERE 1` and `WHERE 1 = 1` bound nothing. */
function selects(walk: Walk, where: number): boolean {
  if (where < 0) return false;
  let depth = 0;
  for (let at = where + 1; at < walk.tokens.length; at++) {
    const token = walk.tokens[at];
    if (isSymbol(token, '(')) depth++;
    else if (isSymbol(token, ')')) depth--;
    else if (depth === 0 && isWord(token, 'ORDER', 'LIMIT', 'RETURNING')) return false;
    else if (isIdentifier(token) && !(token.kind === 'word' && CONSTANT.has(token.text)) && !isSymbol(walk.tokens[at + 1], '(')) return true;
  }
  return false;
}

/** In the list of tables itself, not in a query within it. */
function isListed(walk: Walk, at: number, tablesAt: number): boolean {
  if (at - tablesAt > FAR) return true;
  let depth = 0;
  for (let index = at - 1; index >= tablesAt; index--) {
    if (isSymbol(walk.tokens[index], ')')) depth++;
    else if (isSymbol(walk.tokens[index], '(')) depth--;
    else if (depth < 0 && isWord(walk.tokens[index], 'SELECT', 'TABLE')) return false;
  }
  return true;
}

/** The tables whose columns are set: those that can't be told apart, all of them. */
function targetsOfSet(walk: Walk, set: number, listed: readonly Source[]): readonly Source[] {
  if (listed.length < 2 || set < 0) return listed;
  const targets = new Set<Source>();
  const names = assigned(walk, set + 1);
  if (names.length * listed.length > MOST_WORK) return listed;
  for (const name of names) {
    const named = listed.filter((source) => mayBe(walk, source, name));
    for (const source of named.length === 0 ? listed : named) targets.add(source);
  }
  return targets.size === 0 ? listed : [...targets];
}

function mayBe(walk: Walk, { called, relation }: Source, { schema: qualifier, name }: QualifiedName): boolean {
  if (qualifier !== undefined) return called === qualifier.toLowerCase();
  if (relation === undefined || relation.columns.length === 0) return true;
  return walk.around.names.columns(relation).has(name.toLowerCase());
}

/** The names before the `=` of each assignment. */
function assigned(walk: Walk, from: number): QualifiedName[] {
  const names: QualifiedName[] = [];
  let depth = 0;
  let starts = true;
  for (let at = from; at < walk.tokens.length; at++) {
    const token = walk.tokens[at];
    if (isSymbol(token, '(')) depth++;
    else if (isSymbol(token, ')')) depth--;
    else if (depth === 0 && starts) {
      const name = nameAt(walk.tokens, at);
      if (name !== undefined) names.push(name);
    }
    starts = depth === 0 && isSymbol(token, ',');
    if (depth === 0 && isWord(token, 'WHERE')) break;
  }
  return names;
}

/** A table of the statement's queries that is changed, too: what is found of it must be read. */
function rewrite(walk: Walk, { touch, reference }: Source, effect: Effect): void {
  const again = walk.touch(reference.schema, reference.name, effect, true);
  again.touch.read = true;
  if (effect === 'delete') touch.columns.add('*');
}

export function judgeDelete(walk: Walk, from: number, at: number): void {
  const cursor = walk.cursor(at + 1);
  cursor.skipWords('LOW_PRIORITY', 'QUICK', 'IGNORE', 'HISTORY');
  const using = levelIndexOf(walk, cursor.at, 'USING');
  const where = levelIndexOf(walk, cursor.at, 'WHERE');
  const hasFrom = cursor.is('FROM');
  const multiple = !hasFrom || (using >= 0 && (where < 0 || using < where) && isDeleteUsing(walk, cursor.at, using));
  const targets = multiple ? targetNames(walk, hasFrom ? cursor.at + 1 : cursor.at) : [];
  const listAt = multiple && hasFrom ? using : cursor.at;
  const { sources } = judgeQueries(walk, from, { skip: ({ at: place }) => multiple && hasFrom && place > cursor.at && place < using });
  const listed = sources.filter((source) => source.reference.at > listAt && (where < 0 || source.reference.at < where) && isListed(walk, source.reference.at, listAt));
  for (const source of multiple ? deletedSources(targets, listed) : listed.slice(0, 1)) rewrite(walk, source, 'delete');
  if (listed.length === 0) walk.found.effect('delete');
  if (indexOf(walk, cursor.at, 'RETURNING') >= 0) walk.found.effect('read');
  if (!selects(walk, where)) walk.found.unbounded = true;
}

/** `DELETE FROM a, b USING …`: nothing but names stands between. */
function isDeleteUsing(walk: Walk, from: number, using: number): boolean {
  for (let at = from; at < using; at++) if (isWord(walk.tokens[at], 'JOIN', 'STRAIGHT_JOIN')) return false;
  return true;
}

/** `a, b.c, d.*` up to FROM or USING. */
function targetNames(walk: Walk, from: number): QualifiedName[] {
  const names: QualifiedName[] = [];
  let at = from;
  for (;;) {
    const name = nameAt(walk.tokens, at);
    if (name === undefined) return names;
    names.push(name);
    at = name.end;
    if (isSymbol(walk.tokens[at], '.') && isSymbol(walk.tokens[at + 1], '*')) at += 2;
    if (!isSymbol(walk.tokens[at], ',')) return names;
    at++;
  }
}

/** All of them when a target is one that none of the tables is called like: any may be meant. */
function deletedSources(targets: readonly QualifiedName[], listed: readonly Source[]): readonly Source[] {
  if (targets.length * listed.length > MOST_WORK) return listed;
  const deleted = targets.map((target) => targetSources(target, listed));
  return deleted.every((sources) => sources.length > 0) ? deleted.flat() : listed;
}

const targetSources = ({ name }: QualifiedName, listed: readonly Source[]): Source[] =>
  listed.filter(({ called, reference }) => called === name.toLowerCase() || reference.name.toLowerCase() === name.toLowerCase());

/** LOAD DATA and LOAD XML. Without LOCAL the file is the server's; with it the client is asked for it. */
export function judgeLoad(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 2);
  cursor.skipWords('LOW_PRIORITY', 'CONCURRENT');
  const local = cursor.take('LOCAL');
  const file = cursor.takeAll('INFILE') && cursor.token?.kind === 'string' ? cursor.token.text : undefined;
  walk.found.effect('import', file);
  if (!local) walk.found.effect('server_io', file, 'the file is read by the server');
  const into = indexOf(walk, at, 'INTO', 'TABLE');
  if (indexOf(walk, at, 'REPLACE', 'INTO') >= 0) walk.found.effect('delete');
  const name = into < 0 ? undefined : nameAt(walk.tokens, into + 2);
  if (name === undefined) {
    walk.found.effect('unknown', undefined, 'where the data go can\'t be told');
    return;
  }
  const target = written(walk, name, ['import']);
  target.touch.columns.add('*');
  judgeQueries(walk, name.end, { also: [target] });
}

function indexOf(walk: Walk, from: number, ...words: readonly string[]): number {
  for (let at = from; at < walk.tokens.length; at++) if (words.every((word, ahead) => isWord(walk.tokens[at + ahead], word))) return at;
  return -1;
}

/** The first such word outside of parentheses. */
function levelIndexOf(walk: Walk, from: number, word: string): number {
  let depth = 0;
  for (let at = from; at < walk.tokens.length; at++) {
    const token = walk.tokens[at];
    if (isSymbol(token, '(')) depth++;
    else if (isSymbol(token, ')')) depth--;
    else if (depth === 0 && isWord(token, word)) return at;
  }
  return -1;
}
