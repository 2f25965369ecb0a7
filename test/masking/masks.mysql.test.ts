import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskCell } from '../../src/masking/cells.ts';
import type { ColumnData } from '../../src/sql/catalog.ts';
import type { TestMysql } from '../support/mysql.ts';
import { startMysql } from '../support/mysql.ts';
import { masksOf, maskedAs, terms, TEXTS } from './values.ts';

const NUMBERS = [null, '0', '1', '42'];
/** `kind`: of the definition, where it isn't the column's: a cast can't say it. */
const CASES: readonly { type: string; values: readonly (string | null)[]; collation?: string; kind?: number }[] = [
  { type: 'varchar(80)', values: TEXTS, collation: 'utf8mb4_unicode_ci' }, { type: 'varchar(80)', values: TEXTS, collation: 'utf8mb4_bin' }, { type: 'varchar(20)', values: cut(20), collation: 'utf8mb4_general_ci' },
  { type: 'varchar(6)', values: cut(6), collation: 'utf8mb4_general_ci' }, { type: 'varchar(2)', values: cut(2), collation: 'utf8mb4_general_ci' },
  { type: 'varchar(40)', values: latin(TEXTS), collation: 'latin1_swedish_ci' }, { type: 'char(30)', values: TEXTS, collation: 'utf8mb4_general_ci' },
  { type: 'text', values: TEXTS, collation: 'utf8mb4_general_ci', kind: 253 }, { type: 'longtext', values: TEXTS, collation: 'utf8mb4_general_ci', kind: 253 }, { type: 'tinytext', values: cut(60), collation: 'utf8mb4_general_ci', kind: 253 },
  { type: 'int', values: NUMBERS, kind: 8 }, { type: 'tinyint', values: NUMBERS, kind: 8 }, { type: 'smallint', values: NUMBERS, kind: 8 }, { type: 'mediumint', values: NUMBERS, kind: 8 }, { type: 'int unsigned', values: NUMBERS, kind: 8 }, { type: 'bigint', values: NUMBERS }, { type: 'bigint unsigned', values: NUMBERS },
  { type: 'decimal(10,2)', values: NUMBERS }, { type: 'float', values: NUMBERS, kind: 5 }, { type: 'double', values: NUMBERS },
  { type: 'date', values: [null, '2024-02-29'] }, { type: 'datetime', values: [null, '2024-02-29 12:00:00'] }, { type: 'datetime(3)', values: [null, '2024-02-29 12:00:00.5'] }, { type: 'timestamp(6)', values: [null, '2024-02-29 12:00:00.5'], kind: 12 }, { type: 'time(2)', values: [null, '12:00:00.5'] }, { type: 'time', values: [null, '12:00:00'] },
  { type: 'year', values: [null, '2024'] }, { type: 'json', values: [null, '{"a": 1}'] }, { type: 'enum(\'a\',\'b\')', values: [null, 'a'] }, { type: 'set(\'a\',\'b\')', values: [null, 'a,b'] }, { type: 'bit(8)', values: [null] },
  { type: 'binary(4)', values: [null, 'abcd', 'a'] }, { type: 'varbinary(10)', values: [null, '', 'abcd'] }, { type: 'blob', values: [null, '', 'abcd'], kind: 253 },
];

/**
 * What an answer says of its column, as far as a mask can keep it: a CHAR or a LOB is told as VAR_STRING once it is an expression, an integer as
 * a BIGINT, a FLOAT as a DOUBLE, a TIMESTAMP as a DATETIME, JSON's character set as that of texts.
 */
function definition({ columnType = 0, columnLength, characterSet }: mysql.FieldPacket & { characterSet?: number }, exact: boolean): unknown {
  const families = [[253, 254, 252, 251, 250, 249, 248, 247, 245], [1, 2, 3, 8, 9], [4, 5], [7, 12]];
  return { family: families.find((family) => family.includes(columnType))?.[0] ?? columnType, characterSet: columnType === 245 ? 0 : characterSet, ...(exact ? { columnLength, columnType } : {}) };
}

function cut(length: number): (string | null)[] {
  return TEXTS.map((value) => (value === null ? null : Array.from(value).slice(0, length).join('')));
}

function latin(values: readonly (string | null)[]): (string | null)[] {
  return values.filter((value) => value === null || Array.from(value).every((character) => character <= '\u00ff'));
}

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let server: TestMysql;
  let client: mysql.Connection;
  beforeAll(async () => {
    server = await startMysql({ flavour });
    await server.query('CREATE DATABASE masks');
    client = await mysql.createConnection({ uri: server.urlFor({ database: 'masks' }), charset: 'utf8mb4_general_ci' });
    // SQL modes that make more of what is wrong an error.
    await client.query(`SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,ONLY_FULL_GROUP_BY'`);
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  type Raw = [Buffer | null][];
  async function raw(sql: string): Promise<{ rows: (Buffer | null)[]; field: mysql.FieldPacket }> {
    const [rows, fields] = await client.query<mysql.RowDataPacket[][]>({ sql, rowsAsArray: true, typeCast: (field: { buffer(): Buffer | null }) => field.buffer() });
    return { rows: (rows as unknown as Raw).map(([value]) => value), field: fields[0] as mysql.FieldPacket };
  }

  test.each(CASES)('$type $collation', async ({ type, values, collation, kind }) => {
    await client.query('DROP TABLE IF EXISTS t');
    await client.query(`CREATE TABLE t (n int PRIMARY KEY, \`C ol\` ${type} ${collation === undefined ? '' : `CHARACTER SET ${collation.split('_')[0] ?? ''} COLLATE ${collation}`} NULL)`);
    for (const [n, value] of values.entries()) await client.query('INSERT INTO t VALUES (?, ?)', [n, value]);
    const [[found]] = await client.query<mysql.RowDataPacket[]>(`SELECT COLUMN_TYPE AS t, COLLATION_NAME AS c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'masks' AND COLUMN_NAME = 'C ol'`);
    const column: ColumnData = { name: 'C ol', number: 2, type: String(found?.['t']), ...(typeof found?.['c'] === 'string' ? { collation: found['c'] } : {}) };
    const plain = await raw('SELECT `C ol` FROM t ORDER BY n');
    const exact = kind === undefined && column.type.startsWith('varchar');
    for (const { terms: asked, masked } of masksOf('mysql', column, 'n')) {
      const got = await raw(`SELECT ${masked.sql.join('`C ol`')} FROM t ORDER BY n`);
      expect([asked, definition(got.field, exact)]).toEqual([asked, definition({ ...plain.field, ...(kind === undefined || asked.mask === 'null' ? {} : { columnType: kind }) }, exact)]);
      for (const [at, value] of got.rows.entries()) {
        const given = plain.rows[at] ?? null;
        expect([asked, given?.toString(), maskCell(masked, given, 0, 'mysql')?.toString()]).toEqual([asked, given?.toString(), value?.toString()]);
      }
      const [outer] = await client.query<mysql.RowDataPacket[]>(`SELECT s.m AS m FROM (SELECT 1 AS one) o LEFT JOIN (SELECT n, ${masked.sql.join('`C ol`')} AS m FROM t) s ON s.n = -1`);
      expect([asked, outer[0]?.['m']]).toEqual([asked, null]);
      const [warnings] = await client.query<mysql.RowDataPacket[]>('SHOW WARNINGS');
      expect([asked, warnings]).toEqual([asked, []]);
      await client.query('DROP TABLE IF EXISTS written');
      await client.query(`CREATE TABLE written AS SELECT ${masked.sql.join('`C ol`')} AS m FROM t`);
    }
  });

  test('a mask stays with its row under outer joins, whatever the server makes of them', async () => {
    await client.query('DROP TABLE IF EXISTS t, o');
    await client.query('CREATE TABLE t (n int PRIMARY KEY, x varchar(40) NOT NULL, y int NOT NULL)');
    await client.query('CREATE TABLE o (n int PRIMARY KEY)');
    await client.query(`INSERT INTO t VALUES (1, 'a', 5)`);
    await client.query('INSERT INTO o VALUES (1), (2), (3)');
    for (const column of [{ name: 'x', number: 2, type: 'varchar(40)', notNull: true as const, collation: 'utf8mb4_general_ci' }, { name: 'y', number: 3, type: 'int', notNull: true as const }]) {
      for (const anchor of ['n', undefined]) {
        for (const { terms: asked, masked } of masksOf('mysql', column, anchor)) {
          const inner = `(SELECT n, ${masked.sql.join(column.name)} AS m FROM t)`;
          for (const from of [`o LEFT JOIN ${inner} s ON s.n = o.n`, `${inner} s RIGHT JOIN o ON s.n = o.n`, `o LEFT JOIN (o p JOIN ${inner} s ON s.n = p.n) ON p.n = o.n`]) {
            const rows = async (what: string): Promise<unknown> => (await client.query<mysql.RowDataPacket[]>(`SELECT ${what} FROM ${from} ORDER BY o.n`))[0].map((row) => row['r'] as unknown);
            const shown = asked.mask !== 'null';
            expect([asked, from, await rows('s.m IS NULL AS r')]).toEqual([asked, from, [shown ? 0 : 1, 1, 1]]);
            expect([asked, from, await rows('CONCAT(s.m, \'\') IS NULL AS r')]).toEqual([asked, from, [shown ? 0 : 1, 1, 1]]);
            const [count] = (await client.query<mysql.RowDataPacket[]>(`SELECT COUNT(s.m) AS r, COUNT(*) AS a FROM ${from}`))[0];
            expect([asked, from, Number(count?.['r'])]).toEqual([asked, from, shown ? 1 : 0]);
            const [filtered] = (await client.query<mysql.RowDataPacket[]>(`SELECT COUNT(*) AS r FROM ${from} WHERE s.m IS NULL`))[0];
            expect([asked, from, Number(filtered?.['r'])]).toEqual([asked, from, shown ? 2 : 3]);
          }
        }
      }
    }
  });

  test('equal values have equal hashes, others don\'t; constants tell nothing', async () => {
    await client.query('DROP TABLE IF EXISTS t');
    await client.query(`CREATE TABLE t (n int PRIMARY KEY, x varchar(40) NOT NULL)`);
    await client.query(`INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b')`);
    const column: ColumnData = { name: 'x', number: 2, type: 'varchar(40)', notNull: true };
    const distinct = async (mask: 'hash' | 'redact' | 'null' | 'constant'): Promise<number> =>
      Number((await client.query<mysql.RowDataPacket[]>(`SELECT COUNT(DISTINCT COALESCE(m, 'null')) AS n FROM (SELECT ${maskedAs('mysql', column, terms(mask, false), 'n').sql.join('x')} AS m FROM t) s`))[0][0]?.['n']);
    expect([await distinct('hash'), await distinct('redact'), await distinct('null'), await distinct('constant')]).toEqual([2, 1, 1, 1]);
  });

  test('a policy\'s own constants are values of the type, whatever the sql_mode', async () => {
    for (const mode of ['', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH,IGNORE_SPACE']) {
      await client.query(`SET SESSION sql_mode = '${flavour === 'mysql' ? mode.replace('PAD_CHAR_TO_FULL_LENGTH,', '') : mode}'`);
      for (const [type, value] of [['varchar(20)', 'it\'s \\ "so" é'], ['char(5)', 'ab'], ['int', '-42'], ['bigint unsigned', '18446744073709551615'], ['decimal(10,2)', '-1234.5'], ['date', '1999-12-31'], ['json', '{}'], ['json', '"a"']] as const) {
        if (type === 'json' && flavour === 'mariadb') continue; // it is a longtext there
        const masked = maskedAs('mysql', { name: 'x', number: 1, type, notNull: true, ...(type.includes('char') ? { collation: 'utf8mb4_general_ci' } : {}) }, terms('constant', false, value), 'x');
        const { rows } = await raw(`SELECT ${masked.sql.join('x')} FROM (SELECT 1 AS x) t`);
        expect([type, maskCell(masked, Buffer.from('x'), 0, 'mysql')?.toString()]).toEqual([type, rows[0]?.toString()]);
      }
    }
  });
});
