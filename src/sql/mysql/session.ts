/** Commands about the session itself: transactions, prepared statements, EXPLAIN, SHOW, HANDLER. */

import type { Effect, TransactionCommand } from '../facts.ts';
import { judgeCalls } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { nameOf } from './cursor.ts';
import { judgeQueries } from './query.ts';
import { hasRaw } from './raw-bytes.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';

type Judge = (walk: Walk, at: number) => void;

export function judgeTransaction(walk: Walk, command: TransactionCommand, kind: string): void {
  walk.kind = kind;
  walk.found.effect('transaction');
  walk.found.transaction = command;
}

/** ROLLBACK [WORK] [TO [SAVEPOINT] s]. */
export function judgeRollback(walk: Walk, at: number): void {
  const back = walk.tokens.slice(at).some((token) => isWord(token, 'TO'));
  judgeTransaction(walk, back ? 'rollback_to' : 'rollback', back ? 'rollback to' : 'rollback');
}

/** XA: what is prepared outlives its session, with every lock, and belongs to all of them. */
export function judgeXa(walk: Walk, at: number): void {
  const word = walk.cursor(at + 1).word();
  const command = XA[word];
  walk.kind = `xa ${word.toLowerCase()}`;
  walk.found.effect('transaction');
  if (command !== undefined) walk.found.transaction = command;
  if (word !== 'START' && word !== 'BEGIN' && word !== 'END') walk.found.effect('admin', undefined, 'prepared transactions outlive their sessions, with every lock, and belong to all of them');
}

const XA: Readonly<Record<string, TransactionCommand>> = { START: 'begin', BEGIN: 'begin', PREPARE: 'prepare', COMMIT: 'commit_prepared', ROLLBACK: 'rollback_prepared' };

/** Names of prepared statements don't depend on case (sql_prepare.cc: Statement_map). */
const statementName = (cursor: Cursor): string => {
  const { token } = cursor;
  cursor.at++;
  return token === undefined ? '' : nameOf(token).toLowerCase();
};

/** PREPARE p FROM 'text': does nothing yet, but whatever it would do is said now. */
export function judgePrepare(walk: Walk, at: number): void {
  walk.kind = 'prepare';
  const cursor = walk.cursor(at + 1);
  const name = statementName(cursor);
  walk.found.effect('session', `prepared statement ${name}`);
  const text = cursor.take('FROM') ? onlyText(walk, cursor.at) : undefined;
  if (text === undefined) {
    // Whatever stood under this name before no longer does.
    walk.found.names.push({ use: 'deallocate', name });
    walk.found.effect('dynamic', `prepared statement ${name}`, 'its text is computed');
    return;
  }
  walk.found.names.push({ use: 'prepare', name, text });
  const inside = walk.around.inner(text, walk.reading);
  inside.settings.length = 0;
  inside.names.length = 0;
  walk.found.absorb(inside);
}

/** A string literal of characters and nothing else, but for USING. */
function onlyText(walk: Walk, at: number): string | undefined {
  const [token, next] = [walk.tokens[at], walk.tokens[at + 1]];
  return token?.kind === 'string' && !hasRaw(token.text) && (next === undefined || isWord(next, 'USING')) ? token.text : undefined;
}

export function judgeExecute(walk: Walk, at: number): void {
  walk.kind = 'execute';
  const cursor = walk.cursor(at + 1);
  if (cursor.take('IMMEDIATE')) return executeImmediate(walk, cursor.at);
  const name = statementName(cursor);
  walk.found.names.push({ use: 'execute', name });
  // What it does beside is what the name stands for, which the session adds.
  walk.found.effect('session', `prepared statement ${name}`);
  judgeCalls(walk, cursor.at, walk.tokens.length);
}

function executeImmediate(walk: Walk, at: number): void {
  walk.kind = 'execute immediate';
  const text = onlyText(walk, at);
  if (text === undefined) {
    walk.found.effect('dynamic', undefined, 'its text is computed');
    return;
  }
  walk.found.effect('session');
  walk.found.absorb(walk.around.inner(text, walk.reading));
}

export function judgeDeallocate(walk: Walk, at: number): void {
  walk.kind = 'deallocate prepare';
  walk.found.effect('session');
  walk.found.names.push({ use: 'deallocate', name: statementName(walk.cursor(at)) });
}

/** USE db, whose name may be any identifier. */
export function judgeUse(walk: Walk, at: number): void {
  walk.kind = 'use';
  const token = walk.tokens[at + 1];
  walk.found.effect('session', 'database');
  if (isIdentifier(token)) walk.found.settings.push({ name: 'database', value: nameOf(token), scope: 'session' });
  else walk.found.refuse('USE must name a database.');
}

/** What planning alone may still do: conditions over constants are computed, stored functions among them. */
const PLANNED: ReadonlySet<Effect> = new Set<Effect>(['read', 'routine', 'dynamic', 'server_io', 'admin', 'unknown']);

/** EXPLAIN, DESCRIBE, DESC. @param judge judges the statement that follows */
export function judgeExplain(walk: Walk, at: number, judge: Judge): void {
  walk.kind = isWord(walk.tokens[at], 'EXPLAIN') ? 'explain' : 'describe';
  const cursor = walk.cursor(at + 1);
  let runs = false;
  for (;;) {
    if (cursor.is('ANALYZE')) runs = true;
    if (cursor.take('EXTENDED', 'PARTITIONS', 'ANALYZE')) continue;
    if (cursor.is('FORMAT') && isSymbol(walk.tokens[cursor.at + 1], '=')) cursor.at += 3;
    else if (cursor.is('INTO') && walk.tokens[cursor.at + 1]?.kind === 'variable') cursor.at += 2;
    else if (cursor.is('FOR') && isWord(walk.tokens[cursor.at + 1], 'SCHEMA', 'DATABASE')) cursor.at += 3;
    else break;
  }
  if (cursor.is('FOR') || !STATEMENTS.has(firstWord(walk, cursor.at))) return describe(walk, cursor.at);
  judgePlanned(walk, cursor.at, runs, judge);
}

/** Table's columns, or the plan of another connection. */
function describe(walk: Walk, at: number): void {
  walk.found.effect('read');
  judgeCalls(walk, at, walk.tokens.length);
}

/** The word behind opening parentheses. */
export function firstWord(walk: Walk, from: number): string {
  let at = from;
  while (isSymbol(walk.tokens[at], '(')) at++;
  const token = walk.tokens[at];
  return token?.kind === 'word' ? token.text : '';
}

const STATEMENTS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'TABLE', 'VALUES', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** @param runs ANALYZE runs the statement */
export function judgePlanned(walk: Walk, at: number, runs: boolean, judge: Judge): void {
  const { kind } = walk;
  if (runs) {
    judge(walk, at);
    walk.planned = { kind: walk.kind, runs };
    walk.kind = kind;
    return;
  }
  const inside = walk.apart(() => judge(walk, at));
  walk.planned = { kind: walk.kind, runs };
  walk.kind = kind;
  walk.found.effect('read');
  for (const touch of inside.touches.values()) {
    touch.read = true;
    touch.written = false;
  }
  inside.unbounded = false;
  inside.settings.length = 0;
  inside.names.length = 0;
  walk.found.absorb(inside, (effect) => PLANNED.has(effect));
}

/** Nothing that SHOW says is a row of a table; what it must not say is other sessions' statements and password hashes. */
export function judgeShow(walk: Walk, at: number): void {
  walk.kind = 'show';
  const words = walk.tokens.slice(at + 1, at + 4).map((token) => (token.kind === 'word' ? token.text : ''));
  const [first = '', second = ''] = words;
  const { found } = walk;
  if (['VARIABLES', 'STATUS', 'WARNINGS', 'ERRORS', 'COUNT', 'PROFILE', 'PROFILES'].includes(SCOPED.has(first) ? second : first)) found.effect('session');
  else found.effect('read');
  if ((first === 'BINLOG' || first === 'RELAYLOG') && second === 'EVENTS') found.effect('replication', undefined, 'it shows the changes of all sessions');
  if (first === 'ENGINE') found.effect('admin', undefined, 'it shows what other sessions do');
  if (first === 'CREATE' && second === 'USER') found.effect('admin', undefined, 'it shows a password\'s hash');
  // They show the texts of statements, like the table that has them.
  if ([first, second].some((word) => TEXTS.has(word))) walk.touch('information_schema', 'PROCESSLIST', 'read', false).touch.columns.add('*');
  judgeQueries(walk, whereIn(walk, at));
}

const TEXTS: ReadonlySet<string> = new Set(['PROCESSLIST', 'PROFILES']);
const SCOPED: ReadonlySet<string> = new Set(['GLOBAL', 'SESSION', 'LOCAL']);

function whereIn(walk: Walk, at: number): number {
  const where = walk.tokens.findIndex((token, index) => index > at && isWord(token, 'WHERE'));
  return where < 0 ? walk.tokens.length : where;
}

/** HANDLER t OPEN [AS a], HANDLER a READ …, HANDLER a CLOSE: rows are read under the name that was opened. */
export function judgeHandler(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 1);
  const name = cursor.name();
  const word = cursor.word();
  walk.kind = `handler ${word.toLowerCase()}`;
  if (name === undefined || !['OPEN', 'READ', 'CLOSE'].includes(word)) {
    walk.found.effect('unknown', undefined, 'HANDLER of a kind that isn\'t understood');
    return;
  }
  if (word === 'OPEN') walk.touch(name.schema, name.name, 'read', false).touch.columns.add('*');
  if (word === 'READ') walk.found.effect('read', `handler ${name.name}`);
  if (word === 'CLOSE') walk.found.effect('session', `handler ${name.name}`);
  judgeQueries(walk, cursor.at + 1);
}
