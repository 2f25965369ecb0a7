/** CREATE, ALTER, DROP, RENAME, TRUNCATE. */

import type { Effect } from '../facts.ts';
import { tableNames } from './admin.ts';
import type { Cursor } from './cursor.ts';
import { nameAt } from './cursor.ts';
import { judgeQueries } from './query.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';

/** Accounts and roles, parts of the server, files and other servers. */
const SPECIAL: Readonly<Record<string, readonly Effect[]>> = {
  USER: ['privilege'], ROLE: ['privilege'], SERVER: ['server_io', 'admin'], TABLESPACE: ['admin', 'server_io'], LOGFILE: ['admin', 'server_io'], RESOURCE: ['admin'], REFERENCE: ['admin'],
};

const OBJECTS = ['TABLE', 'TABLES', 'VIEW', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT', 'INDEX', 'DATABASE', 'SCHEMA', 'SEQUENCE', 'PACKAGE', 'LIBRARY', ...Object.keys(SPECIAL)];
/** Whose definitions hold statements. */
const BODIES: ReadonlySet<string> = new Set(['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT', 'PACKAGE']);

const MODIFIERS = ['OR', 'REPLACE', 'ONLINE', 'OFFLINE', 'AGGREGATE', 'TEMPORARY', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'VECTOR', 'UNDO', 'MATERIALIZED', 'IGNORE', 'JSON', 'RELATIONAL', 'DUALITY', 'EXTERNAL'] as const;

/** The object that CREATE, ALTER or DROP is about, and where its name comes. Also tells whether the rest holds statements. */
export function definedObject(cursor: Cursor): string {
  for (;;) {
    if (cursor.is(...OBJECTS)) {
      const word = cursor.word();
      cursor.at++;
      return word === 'TABLES' ? 'TABLE' : word === 'SCHEMA' ? 'DATABASE' : word;
    }
    if (cursor.take(...MODIFIERS)) continue;
    if (cursor.is('ALGORITHM', 'DEFINER')) definer(cursor);
    else if (cursor.takeAll('SQL', 'SECURITY')) cursor.at++;
    else return '';
  }
}

/** `ALGORITHM = MERGE`, `DEFINER = user@host`, `DEFINER = CURRENT_USER()`. */
function definer(cursor: Cursor): void {
  cursor.at++;
  cursor.takeSymbol('=');
  cursor.at++;
  if (cursor.token?.kind === 'variable') cursor.at++;
  if (isSymbol(cursor.token, '(')) cursor.skipParentheses();
}

export const holdsStatements = (object: string): boolean => BODIES.has(object);

const VERBS: Readonly<Record<string, Effect>> = { CREATE: 'create', ALTER: 'alter', DROP: 'drop' };

/** @returns the object, in upper case */
export function judgeDefinition(walk: Walk, at: number): string {
  const cursor = walk.cursor(at);
  const verb = cursor.word();
  const effect = VERBS[verb] ?? 'unknown';
  cursor.at++;
  const object = definedObject(cursor);
  walk.kind = `${verb} ${object}`.toLowerCase();
  const special = SPECIAL[object];
  if (object === '') walk.found.effect('unknown', undefined, `${verb} of something that isn't known`);
  else if (special !== undefined) for (const each of special) walk.found.effect(each);
  else define(walk, cursor, object, effect, isWord(walk.tokens[at + 1], 'OR'));
  return object;
}

function define(walk: Walk, cursor: Cursor, object: string, effect: Effect, replaces: boolean): void {
  cursor.skipIfExists();
  // DROP may name several; CREATE OR REPLACE drops what was there.
  const names = effect === 'drop' && object !== 'INDEX' ? tableNames(cursor) : [cursor.name()].flatMap((name) => name ?? []);
  if (names.length === 0 && object !== 'DATABASE') walk.found.effect(effect, object.toLowerCase());
  for (const { schema, name } of names) defineNamed(walk, object, schema, name, effect);
  if (effect === 'create' && replaces) walk.found.effect('drop', names[0] === undefined ? undefined : objectName(walk, object, names[0].schema, names[0].name));
  if (object === 'DATABASE' && names.length === 0) walk.found.effect(effect, 'database');
  if (object === 'TABLE' && effect !== 'drop') tableDefinition(walk, cursor, effect);
  if (object === 'VIEW' && effect !== 'drop') judgeQueries(walk, indexOf(walk, cursor.at, 'AS'));
  if (object === 'INDEX') onTable(walk, cursor);
  if (object === 'FUNCTION' && indexOf(walk, cursor.at, 'SONAME') < walk.tokens.length) walk.found.effect('admin', undefined, 'it loads code into the server');
}

const RELATIONS: ReadonlySet<string> = new Set(['TABLE', 'VIEW', 'SEQUENCE']);

function objectName(walk: Walk, object: string, schema: string | undefined, name: string): string {
  if (object === 'DATABASE' || object === 'INDEX') return `${object.toLowerCase()} ${name}`;
  return `${object.toLowerCase()} ${walk.resolve(schema, name).name}`;
}

/** @param fresh need not exist yet */
function defineNamed(walk: Walk, object: string, schema: string | undefined, name: string, effect: Effect, fresh = effect === 'create'): void {
  walk.found.effect(effect, objectName(walk, object, schema, name));
  if (!RELATIONS.has(object)) return;
  const { name: full, relation } = walk.resolve(schema, name);
  if (relation === undefined && !fresh && full !== name) walk.found.unresolved = true;
  const touch = walk.found.touch(full, relation !== undefined);
  touch.written = true;
  touch.columns.add('*');
  if (/^(?:mysql|sys|performance_schema|information_schema)\./i.test(full)) walk.found.effect('admin', full, `${full} belongs to the server itself`);
}

/** `CREATE INDEX i ON t`, `DROP INDEX i ON t`. */
function onTable(walk: Walk, cursor: Cursor): void {
  const name = nameAt(walk.tokens, indexOf(walk, cursor.at - 1, 'ON') + 1);
  if (name !== undefined) defineNamed(walk, 'TABLE', name.schema, name.name, 'alter');
}

/** Engines whose rows are elsewhere. */
const ELSEWHERE: readonly string[] = ['FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'NDB', 'NDBCLUSTER'];

function tableDefinition(walk: Walk, cursor: Cursor, effect: Effect): void {
  const { tokens, found } = walk;
  for (let at = cursor.at; at < tokens.length; at++) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (isWord(token, 'CONNECTION') || (isWord(token, 'DATA', 'INDEX') && isWord(next, 'DIRECTORY')) || (isWord(token, 'IMPORT', 'DISCARD') && isWord(next, 'TABLESPACE', 'PARTITION'))) found.effect('server_io', undefined, 'it names files or servers');
    else if (isWord(token, 'ENGINE') && isElsewhere(tokens[isSymbol(next, '=') ? at + 2 : at + 1])) found.effect('server_io', undefined, 'its rows are elsewhere');
    else if (isWord(token, 'TRUNCATE', 'DROP') && isWord(next, 'PARTITION')) found.effect(isWord(token, 'DROP') ? 'drop' : 'truncate', undefined, 'the rows of partitions are lost');
    else if (isWord(token, 'UNION') && (isSymbol(next, '=') || isSymbol(next, '('))) mergedTables(walk, isSymbol(next, '=') ? at + 2 : at + 1);
    else if (isWord(token, 'RENAME', 'LIKE') || (isWord(token, 'WITH', 'TO', 'CONVERT') && isWord(next, 'TABLE'))) otherTable(walk, at, effect);
  }
  if (effect === 'create') createdRows(walk, cursor);
}

/** `UNION = (t, u)` of the engine MERGE: the rows of those. */
function mergedTables(walk: Walk, open: number): void {
  const cursor = walk.cursor(open + 1);
  for (let name = cursor.name(); name !== undefined; name = cursor.name()) {
    walk.touch(name.schema, name.name, 'read', false).touch.columns.add('*');
    if (!cursor.takeSymbol(',')) return;
  }
}

const isElsewhere = (token: Walk['tokens'][number] | undefined): boolean => token !== undefined && ELSEWHERE.includes((token.kind === 'word' ? token.written : token.text).toUpperCase());

/** `RENAME TO u`, `EXCHANGE PARTITION p WITH TABLE u`, `CONVERT PARTITION p TO TABLE u`, `CONVERT TABLE u TO PARTITION p`, `CREATE TABLE t LIKE u`. */
function otherTable(walk: Walk, at: number, effect: Effect): void {
  const cursor = walk.cursor(at + 1);
  if (isWord(walk.tokens[at], 'LIKE')) {
    const name = effect === 'create' ? cursor.name() : undefined;
    if (name !== undefined) walk.touch(name.schema, name.name, 'read', false);
    return;
  }
  if (cursor.is('COLUMN', 'INDEX', 'KEY')) return;
  cursor.skipWords('TABLE', 'TO', 'AS');
  const name = cursor.name();
  if (name !== undefined) defineNamed(walk, 'TABLE', name.schema, name.name, 'alter', isWord(walk.tokens[at], 'RENAME', 'TO'));
}

/** CREATE TABLE … SELECT. */
function createdRows(walk: Walk, cursor: Cursor): void {
  const { tokens } = walk;
  const start = tokens.findIndex((token, index) => index >= cursor.at && (isWord(token, 'SELECT') || isWith(walk, index) || (isWord(token, 'TABLE') && isIdentifier(tokens[index + 1])) || (isWord(token, 'VALUES') && isWord(tokens[index + 1], 'ROW'))));
  if (start < 0) return;
  walk.found.effect('insert');
  judgeQueries(walk, start);
}

const isWith = (walk: Walk, at: number): boolean => isWord(walk.tokens[at], 'WITH') && !isWord(walk.tokens[at + 1], 'SYSTEM', 'PARSER', 'TABLE', 'VALIDATION', 'CHECK') && indexOf(walk, at, 'SELECT') < walk.tokens.length;

/** RENAME TABLE a TO b, c TO d. */
export function judgeRename(walk: Walk, at: number): void {
  walk.kind = 'rename table';
  const cursor = walk.cursor(at + 2);
  cursor.skipIfExists();
  for (let name = cursor.name(), fresh = false; name !== undefined; name = cursor.name(), fresh = !fresh) {
    defineNamed(walk, 'TABLE', name.schema, name.name, 'alter', fresh);
    if (cursor.is('WAIT', 'NOWAIT')) cursor.at += cursor.is('WAIT') ? 2 : 1;
    if (!cursor.take('TO') && !cursor.takeSymbol(',')) break;
  }
}

export function judgeTruncate(walk: Walk, at: number): void {
  walk.kind = 'truncate';
  const cursor = walk.cursor(at + 1);
  cursor.take('TABLE');
  const name = cursor.name();
  if (name === undefined) walk.found.effect('truncate');
  else walk.touch(name.schema, name.name, 'truncate', true).touch.columns.add('*');
}

/** Index of the first such word; the length when there is none. */
function indexOf(walk: Walk, from: number, word: string): number {
  const index = walk.tokens.findIndex((token, at) => at >= from && isWord(token, word));
  return index < 0 ? walk.tokens.length : index;
}

