/**
 * Statements of a small grammar, disguised: comments of every kind between tokens and around them, quoting, numbers, blanks,
 * other orders, several in one text, texts cut short. The same seed gives the same texts.
 */

import type { MysqlFlavour } from '../../../src/demo/mysql-binaries.ts';

export const MODES = ['', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,IGNORE_SPACE'] as const;

export interface Fuzzed {
  readonly text: string;
  readonly mode: (typeof MODES)[number];
}

/** `ghost` is a table and `nofn` a function that don't exist: the server's error then says that it looked for them. Tokens are apart by blanks. */
const TEMPLATES: readonly string[] = [
  'SELECT id FROM ghost', 'SELECT id FROM orders , ghost', 'SELECT o . id FROM orders AS o JOIN ghost g ON g . id = o . id', 'SELECT 1 FROM ( orders , ghost )',
  'SELECT id FROM orders USE INDEX ( by_customer ) , ghost', 'SELECT 1 FROM orders USE INDEX FOR ORDER BY ( by_customer ) , ghost', 'SELECT 1 FROM orders o LEFT JOIN ( ghost , secret ) ON 1',
  'SELECT 1 FROM orders a JOIN secret b USING ( id ) , ghost', 'SELECT ( SELECT max ( id ) FROM ghost ) FROM orders', 'SELECT id FROM orders WHERE id IN ( SELECT id FROM ghost )',
  'SELECT id FROM orders UNION SELECT id FROM ghost', '( SELECT id FROM orders ) UNION ( SELECT id FROM ghost )', 'WITH t AS ( SELECT id FROM ghost ) SELECT id FROM t',
  'WITH t AS ( SELECT 1 ) , u AS ( SELECT * FROM ghost ) SELECT * FROM t , u', 'SELECT x . id FROM ( SELECT id FROM ghost ) AS x', 'SELECT EXTRACT( YEAR FROM placed_at ) FROM ghost',
  'SELECT TRIM( LEADING \'x\' FROM status ) FROM orders , ghost', 'SELECT 1 FROM shop . ghost', 'SELECT 1 FROM . ghost', 'SELECT id FROM orders STRAIGHT_JOIN ghost', 'SELECT * FROM orders NATURAL JOIN ghost',
  'SELECT id FROM { OJ orders LEFT JOIN ghost ON 1 }', 'SELECT id FROM orders WHERE EXISTS ( SELECT 1 FROM ghost ) ORDER BY id LIMIT 1', 'SELECT id FROM orders ORDER BY ( SELECT id FROM ghost )',
  'SELECT 5 - - 1 FROM ghost', 'SELECT 5--1 FROM ghost', 'SELECT 1.e5 , .5 , 1e5FROM ghost', 'SELECT id FROM orders FOR UPDATE', 'SELECT id FROM orders LOCK IN SHARE MODE', 'SELECT COUNT( * ) FROM ghost GROUP BY id HAVING 1',
  'SELECT nofn ( 1 )', 'SELECT `nofn` ( 1 )', 'SELECT nofn( id ) FROM orders', 'SELECT shop . nofn ( 1 )', 'SELECT id FROM orders WHERE nofn ( 1 ) > 0', 'SELECT upper( nofn ( \'a\' ) )', 'SELECT count( * ) + nofn ( 2 ) FROM orders',
  'SELECT id INTO OUTFILE \'/nowhere/x\' FROM orders', 'SELECT id FROM orders INTO OUTFILE \'/nowhere/x\'', 'SELECT 1 INTO DUMPFILE \'/nowhere/x\'', 'SELECT id INTO @x FROM orders LIMIT 1',
  'INSERT INTO orders ( id , status ) VALUES ( 1 , \'a\' )', 'INSERT INTO orders SELECT * FROM ghost', 'INSERT IGNORE INTO secret SET id = 1 , value = \'x\'', 'INSERT INTO ghost VALUES ( 1 )', 'REPLACE INTO secret VALUES ( 1 , \'x\' )',
  'INSERT INTO secret ( id ) SELECT id FROM orders ON DUPLICATE KEY UPDATE value = ( SELECT 1 FROM ghost )', 'UPDATE orders SET status = \'x\' WHERE id = 1', 'UPDATE IGNORE orders SET status = \'x\'', 'UPDATE orders o , ghost g SET o . status = \'x\'',
  'UPDATE orders SET total = ( SELECT max( id ) FROM ghost ) WHERE id = 2', 'UPDATE orders JOIN ghost USING ( id ) SET status = 1', 'DELETE FROM orders WHERE id = 1', 'DELETE FROM orders', 'DELETE a FROM orders a JOIN ghost b ON 1', 'DELETE FROM a USING orders a JOIN ghost b ON 1',
  'DELETE FROM ghost', 'DELETE QUICK FROM orders LIMIT 1', 'TRUNCATE TABLE ghost', 'DROP TABLE ghost', 'DROP TABLE IF EXISTS ghost', 'CREATE TABLE ghost ( id int )', 'CREATE TABLE ghost SELECT * FROM secret', 'ALTER TABLE orders ADD COLUMN x int', 'RENAME TABLE orders TO ghost',
  'CREATE VIEW w AS SELECT 1', 'DROP VIEW w', 'CREATE INDEX i ON orders ( id )', 'DROP INDEX i ON orders', 'CREATE DATABASE d', 'DROP DATABASE ghost', 'CREATE PROCEDURE p ( ) SELECT 1', 'CREATE PROCEDURE p ( ) BEGIN DELETE FROM secret ; END', 'DROP PROCEDURE p', 'CALL tidy ( )', 'CALL ghost ( )', 'CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW SET @a = 1',
  'SET @a = 1', 'SET @a = ( SELECT 1 FROM ghost )', 'SET NAMES utf8mb4', 'SET sql_mode = \'\'', 'SET SESSION wait_timeout = 100', 'SET GLOBAL max_connections = 5', 'SET PASSWORD = \'x\'', 'SET TRANSACTION READ ONLY', 'BEGIN', 'START TRANSACTION', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s', 'ROLLBACK TO s', 'RELEASE SAVEPOINT s',
  'SHOW TABLES', 'SHOW VARIABLES LIKE \'x\'', 'SHOW CREATE TABLE orders', 'SHOW TABLES WHERE nofn ( 1 )', 'DESCRIBE orders', 'EXPLAIN SELECT id FROM orders', 'EXPLAIN DELETE FROM orders', 'USE shop', 'DO 1', 'DO nofn ( 1 )', 'HELP \'x\'',
  'PREPARE p FROM \'SELECT 1\'', 'PREPARE p FROM @q', 'EXECUTE p', 'DEALLOCATE PREPARE p', 'LOCK TABLES orders READ', 'UNLOCK TABLES', 'ANALYZE TABLE orders', 'CHECK TABLE orders', 'CHECKSUM TABLE orders', 'OPTIMIZE TABLE secret', 'FLUSH PRIVILEGES', 'FLUSH TABLES', 'GRANT SELECT ON shop . * TO app', 'REVOKE SELECT ON shop . * FROM app', 'CREATE USER eve', 'DROP USER eve',
  'SHUTDOWN', 'RESET QUERY CACHE', 'PURGE BINARY LOGS TO \'x\'', 'LOAD DATA INFILE \'/nowhere/x\' INTO TABLE secret', 'HANDLER orders OPEN', 'HANDLER orders READ FIRST', 'HANDLER orders CLOSE', 'INSTALL PLUGIN x SONAME \'x\'', 'XA RECOVER', 'KILL 999999', 'KILL QUERY 999999', 'BINLOG \'AAAA\'', 'SIGNAL SQLSTATE \'45000\'',
];

const OWN: Readonly<Record<MysqlFlavour, readonly string[]>> = {
  mariadb: [
    'SELECT NEXT VALUE FOR tickets', 'SELECT 1 FROM versioned FOR SYSTEM_TIME AS OF NOW( ) , ghost', 'EXECUTE IMMEDIATE \'SELECT 1\'', 'SET STATEMENT max_statement_time = 1 FOR DELETE FROM orders', 'ANALYZE DELETE FROM orders WHERE id = 1',
    'BEGIN NOT ATOMIC DELETE FROM secret ; END', 'IF 1 THEN DELETE FROM secret ; END IF', 'DELETE FROM secret WHERE id = 1 RETURNING id', 'INSERT INTO secret VALUES ( 1 , 2 ) RETURNING id', 'CREATE SEQUENCE s', 'VALUES ( 1 ) , ( 2 )',
  ],
  mysql: [
    'TABLE ghost', 'SELECT 1 FROM orders WHERE 1 IN ( TABLE ghost )', 'VALUES ROW( 1 ) , ROW( 2 )', 'WITH t AS ( SELECT 1 ) DELETE FROM secret', 'WITH t AS ( SELECT 1 ) UPDATE secret SET id = 1', 'EXPLAIN ANALYZE SELECT id FROM orders', 'SELECT 1 FROM orders , LATERAL ( SELECT 1 FROM ghost ) x',
    'INSERT INTO secret ( id ) VALUES ( 1 ) AS n ON DUPLICATE KEY UPDATE value = n . id', 'SELECT /*+ MAX_EXECUTION_TIME(100) */ 1 FROM ghost', 'SET PERSIST max_connections = 5', 'SELECT id FROM orders FOR SHARE NOWAIT', 'CREATE ROLE r',
  ],
};

const COMMENTS = [
  '/**/', '/* x */', '-- x\n', '--\n', '#x\n', '# \' \n', '/* \' */', '/* " */', '/* ` */', '/* ; */', '/*!99999 x */', '/*!99999 /* x */ y */', '/*M!99999 x */', '/*!50701 x */', '/*!999999 x */', '/*! */', '/*!40000 */', '/* -- */', '/*/ */', '-- \' \n', '/*+ x */',
] as const;
const OPENINGS = ['/*!', '/*! ', '/*!40000 ', '/*!50000 ', '/*!50700 ', '/*!50701 ', '/*!80000 ', '/*!080000 ', '/*!99999 ', '/*!100000 ', '/*!101119 ', '/*!M ', '/*M! ', '/*M!100000 ', '/*M!50701 ', '/*M!999999 ', '/*!5000 ', '/*!500001 '] as const;
const STRINGS = ["'a'", '"a"', "'a''b'", "'a\\'b'", "'a\\\\'", '"a\\"b"', "'a' 'b'", "N'a'", "_utf8mb4'a'", "X'41'", "'--'", "'/*'", "'*/'", "';'", "'é'", "'\\'", "'a\\';'", '"\'"', "'\"'", "'`'"] as const;
const NUMBERS = ['1', '1.0', '.5', '1.', '1e1', '1.5e-3', '0x41', "b'1'", '-1', '5--1', '1e+5', '1.e', '1a', '0b1'] as const;
const BLANKS = [' ', ' ', ' ', '\t', '\n', '\r', '\v', '\f', '  ', '\u00a0'] as const;

export function* fuzz(flavour: MysqlFlavour, seed: number, count: number): Generator<Fuzzed> {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (of: number): boolean => random() < of;
  const templates = [...TEMPLATES, ...OWN[flavour], ...OWN[flavour]];

  const token = (word: string): string => {
    if (word === '1' && chance(0.1)) return pick(NUMBERS);
    if (/^'.*'$/.test(word) && chance(0.3)) return pick(STRINGS);
    if (/^[a-z_]+$/.test(word) && chance(0.1)) return chance(0.3) ? `"${word}"` : `\`${word}\``;
    if (/^[A-Z]+$/.test(word) && chance(0.1)) return chance(0.5) ? word.toLowerCase() : `${word.slice(0, 2)}${word.slice(2).toLowerCase()}`;
    return word;
  };
  const between = (): string => (chance(0.06) ? pick(COMMENTS) : pick(chance(0.15) ? BLANKS : [' ']));
  const mutate = (words: string[]): void => {
    const at = Math.floor(random() * words.length);
    const how = random();
    if (how < 0.3) words.splice(at, 1);
    else if (how < 0.5) words.splice(at, 0, words[at] ?? '');
    else if (how < 0.7) words.splice(at, 0, pick([';', ',', '(', ')', '\'', '*/', '/*', '.', '@', '`', '"', '--', '#', '\\', ';;']));
    else if (how < 0.85) words[at] = pick(templates).split(' ').at(-1) ?? '';
    else words.splice(at, 1, ...(words[at] ?? '').split(''));
  };
  const wrap = (words: string[]): void => {
    const from = Math.floor(random() * words.length);
    const to = Math.min(words.length, from + 1 + Math.floor(random() * 4));
    words.splice(to, 0, '*/');
    words.splice(from, 0, pick(OPENINGS));
  };
  const one = (): string => {
    const words = (chance(0.25) ? nested(flavour, random) : pick(templates)).split(' ').map(token);
    if (chance(0.2)) wrap(words);
    if (chance(0.15)) mutate(words);
    return words.map((word, index) => `${index === 0 ? '' : between()}${word}`).join('');
  };
  for (let made = 0; made < count; made++) {
    const texts = [one(), ...(chance(0.25) ? [one()] : []), ...(chance(0.05) ? [one(), one()] : [])];
    const text = texts.join(pick([';', '; ', ' ;', ';\n', ';;']));
    yield { text: chance(0.03) ? text.slice(0, Math.floor(random() * text.length)) : text, mode: pick(MODES) };
  }
}

/** A query with tables in all the places where tables can be; now and then one of them is `ghost`. Every alias is another. */
function nested(flavour: MysqlFlavour, random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (of: number): boolean => random() < of;
  let aliases = 0;
  const alias = (): string => `${pick(['', 'AS '])}${pick(['x', 'value', 'offset', 'names', 'read', 'rows'])}${++aliases}`;
  const table = (): string => pick([...Array.from({ length: 12 }, () => pick(['orders', 'secret', 'customers', 'shop . products', 'archive . orders'])), 'ghost', 'shop . ghost', '`ghost`']);
  const condition = (depth: number): string => {
    if (depth > 0 && chance(0.4)) return pick([`EXISTS ( ${query(depth - 1)} )`, `1 IN ( ${query(depth - 1)} )`, `( ${query(depth - 1)} LIMIT 1 ) > 0`, `IF( 1 , ( ${query(depth - 1)} LIMIT 1 ) , 2 )`]);
    return pick(['1', '1 = 1', 'EXTRACT( YEAR FROM NOW( ) ) > 1', 'TRIM( BOTH \'a\' FROM \'b\' ) = 1', '1 IS NOT NULL', 'SUBSTRING( \'a\' FROM 1 FOR 1 ) = 1', 'CASE WHEN 1 THEN 2 END']);
  };
  const hint = (): string => pick(['', '', '', ' USE INDEX ( )', ' USE INDEX FOR ORDER BY ( )', ' USE INDEX FOR JOIN ( )', ' USE KEY FOR GROUP BY ( )']);
  const factor = (depth: number): string => {
    const how = random();
    if (depth > 0 && how < 0.2) return `( ${query(depth - 1)} ) ${alias()}`;
    if (depth > 0 && how < 0.35) return `( ${tables(depth - 1)} )`;
    if (depth > 0 && how < 0.4) return `{ OJ ${factor(0)} LEFT JOIN ${factor(depth - 1)} ON ${condition(depth - 1)} }`;
    if (flavour === 'mysql' && depth > 0 && how < 0.45) return `LATERAL ( ${query(depth - 1)} ) ${alias()}`;
    if (how < 0.5) return `JSON_TABLE( '[]' , '$' COLUMNS ( c INT PATH '$' ) ) ${alias()}`;
    return `${table()} ${alias()}${hint()}`;
  };
  const tables = (depth: number): string => {
    let list = factor(depth);
    while (chance(0.5)) list += chance(0.4) ? ` , ${factor(depth)}` : ` ${pick(['JOIN', 'INNER JOIN', 'LEFT JOIN', 'CROSS JOIN', 'STRAIGHT_JOIN', 'RIGHT OUTER JOIN'])} ${factor(depth)} ON ${condition(depth)}`;
    return list;
  };
  function query(depth: number): string {
    const ctes = depth > 0 && chance(0.15) ? `WITH c${++aliases} AS ( ${query(depth - 1)} ) ` : '';
    let text = `${ctes}SELECT ${pick(['', 'DISTINCT ', 'STRAIGHT_JOIN ', 'SQL_NO_CACHE '])}${chance(0.2) && depth > 0 ? `( ${query(depth - 1)} LIMIT 1 )` : '1'} FROM ${tables(depth)}`;
    if (chance(0.4)) text += ` WHERE ${condition(depth)}`;
    if (chance(0.2)) text += ` GROUP BY ${condition(depth)}`;
    if (chance(0.15)) text += ` HAVING ${condition(depth)}`;
    if (ctes === '' && chance(0.2)) text += ` UNION ${pick(['', 'ALL ', 'DISTINCT '])}${query(0)}`;
    else if (chance(0.2)) text += ` ORDER BY ${condition(depth)}`;
    return text;
  }
  return pick([query, query, (depth: number) => `INSERT INTO secret ( id ) ${query(depth)}`, (depth: number) => `UPDATE ${tables(depth)} SET id = 1 WHERE ${condition(depth)}`, (depth: number) => `DELETE x9 FROM orders x9 , ${tables(depth)} WHERE ${condition(depth)}`])(2);
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
