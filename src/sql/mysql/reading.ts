/**
 * What of a session's state decides how the server reads a text: where its tokens end (sql_mode, character_set_client) and
 * what an unqualified name means (the default database).
 */

import type { Reading } from '../facts.ts';

export interface MysqlReading extends Reading {
  /** As the server has it: names in upper case, combinations taken apart, sorted, joined by commas. */
  readonly sqlMode: string;
  /** Double quotes enclose identifiers. */
  readonly ansiQuotes: boolean;
  /** A backslash in a string is an ordinary character. */
  readonly noBackslashEscapes: boolean;
  /** The default database, if there is one. */
  readonly database: string | undefined;
  /** character_set_client. */
  readonly charset: string;
  /** Is character_set_client an encoding of Unicode? Else a byte above 127 outside a string may be anything, a blank among others. */
  readonly utf8: boolean;
  /** Why nothing may be judged in this state; a sentence. */
  readonly doubt: string | undefined;
}

export interface SessionState {
  /** The value of @@sql_mode; undefined when nobody knows it: then nothing may be judged. */
  readonly sqlMode: string | undefined;
  readonly database?: string | undefined;
  /** The value of @@character_set_client. Default utf8mb4. */
  readonly charset?: string | undefined;
}

/** Values of sql_mode that stand for several (sql/sql_class.h, sys_vars.cc: expand_sql_mode). */
const COMBINATIONS: Readonly<Record<string, readonly string[]>> = {
  ANSI: ['REAL_AS_FLOAT', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  ORACLE: ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  MSSQL: ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  POSTGRESQL: ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  DB2: ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  MAXDB: ['PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE'],
  MYSQL323: ['HIGH_NOT_PRECEDENCE'],
  MYSQL40: ['HIGH_NOT_PRECEDENCE'],
  TRADITIONAL: ['STRICT_TRANS_TABLES', 'STRICT_ALL_TABLES', 'NO_ZERO_IN_DATE', 'NO_ZERO_DATE', 'ERROR_FOR_DIVISION_BY_ZERO', 'NO_ENGINE_SUBSTITUTION'],
};

/** Every mode that either server knows. With a mode that isn't here anything could be read otherwise. */
const MODES: ReadonlySet<string> = new Set([
  'REAL_AS_FLOAT', 'PIPES_AS_CONCAT', 'ANSI_QUOTES', 'IGNORE_SPACE', 'IGNORE_BAD_TABLE_OPTIONS', 'NOT_USED', 'ONLY_FULL_GROUP_BY', 'NO_UNSIGNED_SUBTRACTION',
  'NO_DIR_IN_CREATE', 'POSTGRESQL', 'ORACLE', 'MSSQL', 'DB2', 'MAXDB', 'NO_KEY_OPTIONS', 'NO_TABLE_OPTIONS', 'NO_FIELD_OPTIONS', 'MYSQL323', 'MYSQL40', 'ANSI',
  'NO_AUTO_VALUE_ON_ZERO', 'NO_BACKSLASH_ESCAPES', 'STRICT_TRANS_TABLES', 'STRICT_ALL_TABLES', 'NO_ZERO_IN_DATE', 'NO_ZERO_DATE', 'ALLOW_INVALID_DATES',
  'ERROR_FOR_DIVISION_BY_ZERO', 'TRADITIONAL', 'NO_AUTO_CREATE_USER', 'HIGH_NOT_PRECEDENCE', 'NO_ENGINE_SUBSTITUTION', 'PAD_CHAR_TO_FULL_LENGTH',
  'EMPTY_STRING_IS_NULL', 'SIMULTANEOUS_ASSIGNMENT', 'TIME_ROUND_FRACTIONAL', 'TIME_TRUNCATE_FRACTIONAL',
]);

/** Encodings of Unicode whose bytes below 128 always are ASCII. */
const UNICODE: ReadonlySet<string> = new Set(['utf8', 'utf8mb3', 'utf8mb4']);

/**
 * One byte a character, and ASCII in its lower half. Others are refused: in gbk, sjis, big5, cp932 and gb18030 the second byte of
 * a character may be a quote or a backslash, swe7 has letters in their place, and the rest isn't needed by anybody's driver.
 */
const SINGLE_BYTE: ReadonlySet<string> = new Set([
  'latin1', 'latin2', 'latin5', 'latin7', 'ascii', 'binary', 'cp1250', 'cp1251', 'cp1256', 'cp1257', 'cp850', 'cp852', 'cp866', 'koi8r', 'koi8u',
  'greek', 'hebrew', 'macce', 'macroman', 'keybcs2', 'armscii8', 'geostd8', 'tis620', 'dec8', 'hp8',
]);

/** May a client's texts come in this character set? */
export const isReadable = (charset: string): boolean => UNICODE.has(charset.toLowerCase()) || SINGLE_BYTE.has(charset.toLowerCase());

/** A value of sql_mode as the server would show it; undefined when it holds a mode that isn't known. Numbers aren't followed. */
export function expandSqlMode(value: string): string | undefined {
  const modes = new Set<string>();
  for (const part of value.split(',')) {
    const mode = part.trim().toUpperCase();
    if (mode === '') continue;
    if (!MODES.has(mode)) return undefined;
    modes.add(mode);
    for (const each of COMBINATIONS[mode] ?? []) modes.add(each);
  }
  return [...modes].toSorted().join(',');
}

/** Makes readings; the same state always gives the same object. */
export class Readings {
  readonly #known = new Map<string, MysqlReading>();

  /** PIPES_AS_CONCAT, HIGH_NOT_PRECEDENCE and IGNORE_SPACE change values and what is an error, never what a statement touches. */
  reading({ sqlMode, database, charset = 'utf8mb4' }: SessionState): MysqlReading {
    const expanded = sqlMode === undefined ? undefined : expandSqlMode(sqlMode);
    const key = JSON.stringify([expanded ?? sqlMode ?? null, database ?? null, UNICODE.has(charset.toLowerCase()) ? 'utf8' : charset.toLowerCase()]);
    let reading = this.#known.get(key);
    if (reading === undefined) {
      if (this.#known.size >= MOST) this.#known.clear();
      this.#known.set(key, (reading = { key, ...readingOf(expanded, sqlMode, database, charset.toLowerCase()) }));
    }
    return reading;
  }
}

/** An agent may name any number of databases; forgetting the readings only costs cached facts. */
const MOST = 1000;

function readingOf(expanded: string | undefined, given: string | undefined, database: string | undefined, charset: string): Omit<MysqlReading, 'key'> {
  const modes = new Set(expanded?.split(','));
  return {
    sqlMode: expanded ?? given ?? '',
    ansiQuotes: modes.has('ANSI_QUOTES'),
    noBackslashEscapes: modes.has('NO_BACKSLASH_ESCAPES'),
    database,
    charset,
    utf8: UNICODE.has(charset),
    doubt: doubtOf(expanded, given, modes, charset),
  };
}

function doubtOf(expanded: string | undefined, given: string | undefined, modes: ReadonlySet<string>, charset: string): string | undefined {
  if (given === undefined) return 'Nothing is known of the session\'s sql_mode, so statements can\'t be read as the server does.';
  if (expanded === undefined) return `The session's sql_mode (${given}) isn't known, so statements can't be read as the server does.`;
  if (modes.has('ORACLE')) return 'The session\'s sql_mode has ORACLE, whose language isn\'t read here.';
  if (!isReadable(charset)) return `The session's character_set_client (${charset}) isn't one in which statements can be read safely.`;
  return undefined;
}
