import { expect, it } from 'vitest';
import { canonical } from '../../../src/sql/mysql/canonical.ts';
import { Lexer } from '../../../src/sql/mysql/lexer.ts';
import { Readings } from '../../../src/sql/mysql/reading.ts';
import type { Token } from '../../../src/sql/mysql/tokens.ts';

function tokensOf(text: string, sqlMode = ''): Token[] {
  const lexer = new Lexer(text, { flavour: 'mysql', version: 90_704 }, new Readings().reading({ sqlMode }));
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

it.each([
  ['SELECT/**/a,b FROM/*!50000 secret */-- x', 'SELECT a, b FROM secret'],
  ['SELECT 5--1 FROM t', 'SELECT 5 - - 1 FROM t'],
  ['SELECT .5, 1e5, 0x41, X\'41\', b\'1\', 7, 1.25', 'SELECT 1, 1, 1, 1, 1, 7, 1.25'],
  ['SELECT \'it\\\'s; -- \' \'more\', "b`"', 'SELECT \'string it_s_ -- \', \'string b_\''],
  ['SELECT _utf8mb4\'x\' COLLATE utf8mb4_bin, _latin1 0x41', 'SELECT \'string x\' COLLATE utf8mb4_bin, 1'],
  ['SELECT count(*), f (1), `g`(2), d.h(3)', 'SELECT count(*), f (1), `g`(2), `d`.`h`(3)'],
  ['SELECT CAST(a AS CHAR(3) CHARACTER SET latin1) COLLATE latin1_bin FROM t', 'SELECT CAST(a AS CHAR(3)) COLLATE latin1_bin FROM t'],
  ['SELECT @a, @`odd b`, @@session.sql_mode, @@version', 'SELECT @a, @x, @@session.sql_mode, @@version'],
  ['SELECT `a b`, `dual`, `from`, t.select, Größe FROM `a b`', 'SELECT `other_name_0`, `other_name_1`, `other_name_2`, `t`.`other_name_3`, `other_name_4` FROM `other_name_0`'],
  ['UPDATE LOW_PRIORITY IGNORE t SET a = ?', 'UPDATE t SET a = 1'],
  ['INSERT IGNORE INTO t VALUES (?)', 'INSERT INTO t VALUES (1)'],
  ['DELETE QUICK FROM t', 'DELETE FROM t'],
  ['SELECT SQL_NO_CACHE STRAIGHT_JOIN a FROM t LOCK IN SHARE MODE', 'SELECT a FROM t FOR UPDATE'],
  ['SELECT a FROM t, LATERAL (SELECT 1) x', 'SELECT a FROM t, (SELECT 1) x'],
])('%s', (text, expected) => {
  expect(canonical(tokensOf(text), 0, 1000)?.text).toBe(expected);
});

it('knows what the names that it gives stand for', () => {
  expect([...(canonical(tokensOf('SELECT `a b`, `c` FROM `a b`'), 0, 1000)?.names ?? [])]).toEqual([['other_name_0', 'a b']]);
});

it('reads double quotes as the session does', () => {
  expect(canonical(tokensOf('SELECT "a"', 'ANSI_QUOTES'), 0, 1000)?.text).toBe('SELECT `a`');
});

it('counts what is nested, and stops at what is too long', () => {
  expect(canonical(tokensOf('SELECT ((1)), CAST(CONVERT(f(CAST(1 AS char)), char) AS char), (1)'), 0, 1000)).toMatchObject({ depth: 4, casts: 3 });
  expect(canonical(tokensOf('SELECT 1, 2, 3'), 0, 10)).toBeUndefined();
});
