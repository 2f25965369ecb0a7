/** SET in all its forms. */

import { levels } from './levels.ts';
import type { Cursor } from './cursor.ts';
import { nameOf } from './cursor.ts';
import { expandSqlMode, isReadable } from './reading.ts';
import { modeValue } from './sql-mode.ts';
import { isIdentifier, isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';

/** Setting these in a session hides what it does from the server's logs, poses as another server, or decides what replicas do. */
const ADMINISTRATIVE = /^(?:sql_log_bin|sql_log_off|binlog_.*|gtid_.*|server_id|pseudo_.*|original_.*|immediate_server_version|skip_replication|skip_parallel_replication|wsrep_.*|debug.*|rbr_exec_mode|require_row_format|secondary_engine_.*)$/;

const SCOPES = ['GLOBAL', 'SESSION', 'LOCAL', 'PERSIST', 'PERSIST_ONLY'] as const;

/** @param at the index behind SET */
export function judgeSet(walk: Walk, at: number, rest: (walk: Walk, at: number) => void): void {
  walk.kind = 'set';
  const cursor = walk.cursor(at);
  if (cursor.is('STATEMENT') && isIdentifier(walk.tokens[at + 1])) return setStatement(walk, at, rest);
  if (special(walk, cursor)) return;
  let everybody = false;
  const parts = levels(walk.tokens, at, walk.tokens.length);
  for (const [from, to] of parts) everybody = assignment(walk, from, to, everybody);
  if (parts.length > 1) judgeTogether(walk, parts);
}

/**
 * Should one assignment fail when its turn comes, those before it may stay: then nobody knew how the session reads from now on. So a
 * change of that has company only of what can't fail.
 */
function judgeTogether(walk: Walk, parts: readonly (readonly [number, number])[]): void {
  const { settings } = walk.found;
  const mode = settings.findLast(({ name }) => name === 'sql_mode')?.value;
  const charset = settings.findLast(({ name }) => name === 'character_set_client')?.value;
  const before = walk.reading;
  const after = walk.around.reading({ sqlMode: mode ?? before.sqlMode, charset: charset ?? before.charset, database: before.database });
  if (after.ansiQuotes === before.ansiQuotes && after.noBackslashEscapes === before.noBackslashEscapes && after.utf8 === before.utf8) return;
  if (parts.some(([from, to]) => mayFail(walk, from, to))) walk.found.refuse('sql_mode and character_set_client must be set by themselves: they decide how later statements are read.');
}

/** Anything computed, and what ends a transaction. */
function mayFail({ tokens }: Walk, from: number, to: number): boolean {
  const part = tokens.slice(from, to);
  if (part.some((token) => isWord(token, 'AUTOCOMMIT', 'SELECT', 'GLOBAL', 'PERSIST', 'PASSWORD'))) return true;
  return part.some((token) => isSymbol(token, '(')) && !part.some((token) => isWord(token, 'SQL_MODE') || (token.kind === 'name' && token.text.toLowerCase() === 'sql_mode'));
}

/** Forms with a grammar of their own. */
function special(walk: Walk, cursor: Cursor): boolean {
  const privileged = cursor.is('ROLE') && !isSymbol(cursor.tokens[cursor.at + 1], '=') && !isSymbol(cursor.tokens[cursor.at + 1], ':=');
  if (privileged || cursor.is('PASSWORD') || (cursor.is('DEFAULT') && cursor.word(1) === 'ROLE') || (cursor.is('SESSION') && cursor.word(1) === 'AUTHORIZATION')) {
    walk.kind = `set ${cursor.is('PASSWORD') ? 'password' : cursor.is('SESSION') ? 'session authorization' : 'role'}`;
    walk.found.effect('privilege', undefined, 'it changes what somebody may do');
    if (privileged) walk.found.effect('session');
    return true;
  }
  if (cursor.is('RESOURCE') && cursor.word(1) === 'GROUP') {
    walk.found.effect('admin');
    return true;
  }
  const scoped = SCOPES.some((scope) => cursor.is(scope));
  if (!(scoped ? cursor.word(1) === 'TRANSACTION' : cursor.is('TRANSACTION'))) return false;
  walk.kind = 'set transaction';
  walk.found.effect(cursor.is('GLOBAL') ? 'admin' : scoped ? 'session' : 'transaction');
  return true;
}

/** `SET STATEMENT a = 1, b = 2 FOR SELECT …` (MariaDB). */
function setStatement(walk: Walk, at: number, rest: (walk: Walk, at: number) => void): void {
  let until = at + 1;
  while (until < walk.tokens.length && !isWord(walk.tokens[until], 'FOR')) until++;
  if (until === walk.tokens.length) {
    walk.found.effect('unknown', undefined, 'SET STATEMENT without a statement');
    return;
  }
  for (const [from, to] of levels(walk.tokens, at + 1, until)) assignment(walk, from, to, false);
  const readOtherwise = walk.found.settings.find(({ name }) => name === 'sql_mode' || name === 'character_set_client');
  if (readOtherwise !== undefined) walk.found.refuse(`${readOtherwise.name} must be set by itself: it decides how statements are read.`);
  walk.found.settings.length = 0;
  rest(walk, until + 1);
}

/** One `name = value`. @param everybody was GLOBAL or PERSIST said before? It goes on until another scope is named. @returns the same for the next one */
function assignment(walk: Walk, from: number, to: number, everybody: boolean): boolean {
  const { found } = walk;
  const cursor = walk.cursor(from);
  if (cursor.token?.kind === 'variable') {
    found.effect('session', `@${cursor.token.text}`);
    ours(walk, cursor, cursor.token.text, to);
    return everybody;
  }
  if (characterSet(walk, cursor, to)) return everybody;
  let scope = SCOPES.find((each) => cursor.is(each) && isIdentifier(walk.tokens[from + 1]));
  if (scope !== undefined) cursor.at++;
  const goesOn = scope === undefined ? everybody : !isOwn(scope);
  const marked = cursor.takeSymbol('@@');
  let name = settingName(cursor);
  const dotted = SCOPES.find((each) => name.startsWith(`${each.toLowerCase()}.`));
  if (marked && dotted !== undefined) {
    scope = dotted;
    name = name.slice(dotted.length + 1);
  }
  if (!cursor.takeSymbol('=') && !cursor.takeSymbol(':=')) {
    found.effect('unknown', undefined, 'SET of a kind that isn\'t understood');
    return goesOn;
  }
  const own = scope === undefined ? true : isOwn(scope);
  if (own) setting(walk, name, cursor, to);
  if (!own || (scope === undefined && !marked && everybody)) found.effect('admin', name, `it sets ${name} for everybody`);
  return goesOn;
}

/** `@countersign_hold` is the agent's word to the proxy that PostgreSQL has as `countersign.hold`. */
function ours(walk: Walk, cursor: Cursor, variable: string, to: number): void {
  const name = /^countersign_(\w+)$/i.exec(variable)?.[1];
  if (name === undefined) return;
  cursor.at++;
  const value = cursor.takeSymbol('=') || cursor.takeSymbol(':=') ? constant(cursor) : undefined;
  walk.found.settings.push({ name: `countersign.${name.toLowerCase()}`, scope: 'session', ...(value === undefined || cursor.at !== to ? {} : { value }) });
}

const isOwn = (scope: (typeof SCOPES)[number]): boolean => scope === 'SESSION' || scope === 'LOCAL';

function settingName(cursor: Cursor): string {
  const first = cursor.token;
  if (!isIdentifier(first)) return '';
  cursor.at++;
  let name = nameOf(first);
  while (isSymbol(cursor.token, '.') && isIdentifier(cursor.tokens[cursor.at + 1])) {
    cursor.at++;
    name += `.${cursor.token === undefined ? '' : nameOf(cursor.token)}`;
    cursor.at++;
  }
  return name.toLowerCase();
}

/** NAMES x [COLLATE y], CHARACTER SET x, CHARSET x. */
function characterSet(walk: Walk, cursor: Cursor, to: number): boolean {
  const isSetting = (ahead: number): boolean => isSymbol(walk.tokens[cursor.at + ahead], '=') || isSymbol(walk.tokens[cursor.at + ahead], ':=');
  if (cursor.is('NAMES', 'CHARSET') && !isSetting(1)) cursor.at++;
  else if (cursor.is('CHARACTER') && cursor.word(1) === 'SET') cursor.at += 2;
  else return false;
  setting(walk, 'character_set_client', cursor, isWord(walk.tokens[cursor.at + 1], 'COLLATE') ? cursor.at + 1 : to);
  return true;
}

/** The session's own. @param cursor at the value, which ends before `to` */
function setting(walk: Walk, name: string, cursor: Cursor, to: number): void {
  const { found } = walk;
  found.effect('session', name);
  if (name === 'autocommit') found.effect('transaction');
  if (ADMINISTRATIVE.test(name)) found.effect('admin', name, `${name} is a setting for administrators`);
  const start = cursor.at;
  const value = name === 'sql_mode' ? modeValue(cursor, walk.reading) : constant(cursor);
  const told = cursor.at === to && value !== undefined ? value : undefined;
  const use = name === 'sql_mode' && told !== undefined ? expandSqlMode(told) : told;
  found.settings.push(use === undefined ? { name, scope: 'session' } : { name, value: use, scope: 'session' });
  const refusal = refusalOf(walk, name, use, start);
  if (refusal !== undefined) found.refuse(refusal);
}

/** A literal or a bare word. */
function constant(cursor: Cursor): string | undefined {
  const negative = cursor.takeSymbol('-');
  const { token } = cursor;
  if (token === undefined || token.kind === 'symbol' || token.kind === 'variable' || cursor.is('DEFAULT')) return undefined;
  cursor.at++;
  return `${negative ? '-' : ''}${isIdentifier(token) ? nameOf(token) : token.text}`;
}

/** These decide how the text of later statements is read. */
function refusalOf(walk: Walk, name: string, value: string | undefined, start: number): string | undefined {
  if (name === 'sql_mode') {
    if (value === undefined) return 'sql_mode must be set to modes named in the statement: it decides how later statements are read.';
    if (value.split(',').includes('ORACLE')) return 'sql_mode can\'t have ORACLE: statements of that language aren\'t read here.';
  }
  if (name === 'character_set_client' && (value === undefined || !isReadable(value))) return 'character_set_client must be named, and be one in which statements can be read safely, such as utf8mb4.';
  // A conversation may have the server report what became of the session's settings.
  if ((name === 'session_track_system_variables' || name === 'session_track_schema') && !addsTracking(walk, start)) return `${name} must stay as it is: what the session's settings became is known by it.`;
  return undefined;
}

/**
 * `CONCAT(@@session_track_system_variables, ',…')`, as MariaDB's connectors say it; also of `@@global`, which may be less than the session has: a
 * conversation therefore doesn't rely on being told.
 */
function addsTracking(walk: Walk, at: number): boolean {
  const cursor = walk.cursor(at);
  if (!cursor.take('CONCAT') || !cursor.takeSymbol('(') || !cursor.takeSymbol('@@')) return false;
  return cursor.name()?.name.toLowerCase() === 'session_track_system_variables';
}
