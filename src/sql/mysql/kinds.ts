/** From a statement's leading words to those who judge it. */

import type { Effect } from '../facts.ts';
import { judgeFlush, judgeKill, judgeLockTables, judgeMaintenance, PLAIN } from './admin.ts';
import { judgeCalls } from './calls.ts';
import { judgeDefinition, judgeRename, judgeTruncate } from './definitions.ts';
import { judgeQueries, judgeSelect } from './query.ts';
import { firstWord, judgeDeallocate, judgeExecute, judgeExplain, judgeHandler, judgePlanned, judgePrepare, judgeRollback, judgeShow, judgeTransaction, judgeUse, judgeXa } from './session.ts';
import { judgeSet } from './settings.ts';
import { isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';
import { QUERY_STARTS } from './words.ts';
import { judgeDelete, judgeInsert, judgeLoad, judgeUpdate } from './write.ts';

/** No statement begins like this, in either server. */
export class UnknownStatement extends Error {}

type Judge = (walk: Walk, at: number) => void;

const select: Judge = (walk, at) => {
  walk.kind = 'select';
  judgeSelect(walk, at);
};

const JUDGES: Readonly<Record<string, Judge>> = {
  SELECT: select,
  VALUES: select,
  TABLE: select,
  WITH: judgeWith,
  INSERT: (walk, at) => named(walk, 'insert', () => judgeInsert(walk, at)),
  REPLACE: (walk, at) => named(walk, 'replace', () => judgeInsert(walk, at)),
  UPDATE: (walk, at) => named(walk, 'update', () => judgeUpdate(walk, at, at)),
  DELETE: (walk, at) => named(walk, 'delete', () => judgeDelete(walk, at, at)),
  DO: (walk, at) => named(walk, 'do', () => judgeSelect(walk, at + 1)),
  CALL: (walk, at) => named(walk, 'call', () => judgeCallStatement(walk, at)),
  HANDLER: judgeHandler,
  SET: (walk, at) => {
    judgeSet(walk, at + 1, judgeStatement);
    judgeQueries(walk, at + 1);
  },
  USE: judgeUse,
  SHOW: judgeShow,
  EXPLAIN: (walk, at) => judgeExplain(walk, at, judgeStatement),
  DESCRIBE: (walk, at) => judgeExplain(walk, at, judgeStatement),
  DESC: (walk, at) => judgeExplain(walk, at, judgeStatement),
  ANALYZE: judgeAnalyze,
  PREPARE: judgePrepare,
  EXECUTE: judgeExecute,
  DEALLOCATE: (walk, at) => judgeDeallocate(walk, at + 2),
  BEGIN: (walk) => judgeTransaction(walk, 'begin', 'begin'),
  COMMIT: (walk) => judgeTransaction(walk, 'commit', 'commit'),
  ROLLBACK: judgeRollback,
  SAVEPOINT: (walk) => judgeTransaction(walk, 'savepoint', 'savepoint'),
  RELEASE: (walk) => judgeTransaction(walk, 'release', 'release savepoint'),
  XA: judgeXa,
  CHECK: judgeMaintenance,
  CHECKSUM: judgeMaintenance,
  OPTIMIZE: judgeMaintenance,
  REPAIR: judgeMaintenance,
  KILL: judgeKill,
  FLUSH: judgeFlush,
  TRUNCATE: judgeTruncate,
};

/** By the first two words, where the first alone doesn't tell. */
const PAIRS: Readonly<Record<string, Judge>> = {
  'START TRANSACTION': (walk) => judgeTransaction(walk, 'begin', 'start transaction'),
  'LOAD DATA': (walk, at) => named(walk, 'load data', () => judgeLoad(walk, at)),
  'LOAD XML': (walk, at) => named(walk, 'load xml', () => judgeLoad(walk, at)),
  'LOCK TABLE': judgeLockTables,
  'LOCK TABLES': judgeLockTables,
  'DROP PREPARE': (walk, at) => judgeDeallocate(walk, at + 2),
  'RENAME TABLE': judgeRename,
  'RENAME TABLES': judgeRename,
};

const DEFINITIONS: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP']);

/** @param at where the statement begins: it isn't the first token behind EXPLAIN and the like @throws {UnknownStatement} with a sentence */
export function judgeStatement(walk: Walk, at: number): void {
  walk.begins = at;
  const first = walk.cursor(at).word();
  const pair = `${first} ${walk.cursor(at + 1).word()}`;
  const judge = own(PAIRS, pair) ?? own(JUDGES, first);
  if (judge !== undefined) return judge(walk, at);
  if (isSymbol(walk.tokens[at], '(') && QUERY_STARTS.has(firstWord(walk, at))) return select(walk, at);
  const plain = own(PLAIN, pair) ?? own(PLAIN, first);
  if (plain !== undefined) return judgePlain(walk, at, plain);
  if (!DEFINITIONS.has(first)) throw new UnknownStatement(`No statement begins with ${JSON.stringify(walk.tokens[at]?.written ?? '')}.`);
  judgeDefinition(walk, at);
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

function named(walk: Walk, kind: string, judge: () => void): void {
  walk.kind = kind;
  judge();
}

function judgePlain(walk: Walk, at: number, [kind, effects, because]: readonly [string, readonly Effect[], string?]): void {
  walk.kind = kind;
  for (const effect of effects) walk.found.effect(effect, undefined, because);
  judgeCalls(walk, at + 1, kind === 'grant' || kind === 'revoke' ? at : walk.tokens.length);
}

/** WITH … and then SELECT, UPDATE or DELETE, outside of parentheses. */
function judgeWith(walk: Walk, at: number): void {
  let depth = 0;
  for (let index = at + 1; index < walk.tokens.length; index++) {
    const token = walk.tokens[index];
    if (isSymbol(token, '(')) depth++;
    else if (isSymbol(token, ')')) depth--;
    else if (depth > 0) continue;
    else if (isWord(token, 'SELECT', 'TABLE', 'VALUES')) break;
    else if (isWord(token, 'UPDATE')) return named(walk, 'update', () => judgeUpdate(walk, at, index));
    else if (isWord(token, 'DELETE')) return named(walk, 'delete', () => judgeDelete(walk, at, index));
    else if (isWord(token, 'INSERT', 'REPLACE')) {
      return named(walk, token?.text === 'INSERT' ? 'insert' : 'replace', () => {
        judgeInsert(walk, index);
        judgeQueries(walk, at);
      });
    }
  }
  select(walk, at);
}

function judgeCallStatement(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 1);
  const name = cursor.name();
  walk.found.effect('routine', name === undefined ? undefined : `procedure ${walk.resolve(name.schema, name.name).name}`);
  judgeQueries(walk, cursor.at);
}

/** ANALYZE TABLE; in MariaDB ANALYZE also runs a statement and tells its plan. */
function judgeAnalyze(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 1);
  cursor.skipWords('NO_WRITE_TO_BINLOG', 'LOCAL');
  if (cursor.is('TABLE', 'TABLES')) return judgeMaintenance(walk, at);
  if (cursor.is('FORMAT') && isSymbol(walk.tokens[cursor.at + 1], '=')) cursor.at += 3;
  walk.kind = 'analyze';
  judgePlanned(walk, cursor.at, true, judgeStatement);
  walk.found.effect('read');
}
