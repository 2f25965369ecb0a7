/** The value that SET gives sql_mode, as far as it can be told from the text and the session's mode. */

import type { Cursor } from './cursor.ts';
import { closing, nameOf } from './cursor.ts';
import type { MysqlReading } from './reading.ts';
import { isIdentifier, isSymbol } from './tokens.ts';

/**
 * Reads an expression of strings, names of modes, `@@sql_mode`, CONCAT and REPLACE; other ORMs and drivers than those that need these
 * give a constant. @returns undefined when it is anything else. The cursor then stands anywhere.
 */
export function modeValue(cursor: Cursor, reading: MysqlReading): string | undefined {
  if (cursor.token?.kind === 'string') {
    let value = '';
    while (cursor.token?.kind === 'string') value += cursor.tokens[cursor.at++]?.text ?? '';
    return value;
  }
  if (cursor.takeSymbol('@@')) return ownMode(cursor, reading);
  if (isSymbol(cursor.token, '(')) return parenthesised(cursor, reading);
  if (isSymbol(cursor.tokens[cursor.at + 1], '(')) return call(cursor, reading);
  const { token } = cursor;
  if (!isIdentifier(token) || cursor.is('DEFAULT', 'NULL', 'SELECT')) return undefined;
  cursor.at++;
  return nameOf(token);
}

function ownMode(cursor: Cursor, reading: MysqlReading): string | undefined {
  const name = cursor.name();
  const own = name !== undefined && name.name.toLowerCase() === 'sql_mode' && ['', 'session', 'local'].includes(name.schema?.toLowerCase() ?? '');
  return own ? reading.sqlMode : undefined;
}

function parenthesised(cursor: Cursor, reading: MysqlReading): string | undefined {
  cursor.at++;
  cursor.take('SELECT');
  const value = modeValue(cursor, reading);
  return cursor.takeSymbol(')') ? value : undefined;
}

function call(cursor: Cursor, reading: MysqlReading): string | undefined {
  const name = cursor.word();
  const end = closing(cursor.tokens, cursor.at + 1);
  cursor.at += 2;
  const values: string[] = [];
  do {
    const value = modeValue(cursor, reading);
    if (value === undefined) return undefined;
    values.push(value);
  } while (cursor.takeSymbol(','));
  if (cursor.at !== end) return undefined;
  cursor.at++;
  if (name === 'CONCAT') return values.join('');
  return name === 'REPLACE' && values.length === 3 ? without(values, reading) : undefined;
}

/**
 * Modes may be taken out. The server keeps them in another order than we do, so that only whole modes can be followed, and none of
 * those that decide how texts are read.
 */
function without([all = '', mode = '', instead = '']: readonly string[], reading: MysqlReading): string | undefined {
  if (instead !== '' || !/^,?[A-Z_]+,?$/.test(mode) || reading.ansiQuotes || reading.noBackslashEscapes) return undefined;
  const bare = mode.replaceAll(',', '');
  return all.split(',').filter((each) => each !== bare).join(',');
}
