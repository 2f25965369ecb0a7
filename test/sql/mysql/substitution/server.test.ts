/** Real servers: what the agent receives is the same whatever is behind the masks, and what it would have received where it uses none. */

import { createConnection } from 'mysql2/promise';
import type { Connection, FieldPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../../src/sql/mysql/catalog-load.ts';
import { testedFlavours } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import type { TestMysql } from '../../../support/mysql.ts';
import { queryOn } from '../subject.ts';
import { lines } from './corpus/lines.ts';
import { OTHERS, SHOP, sight } from './shop.ts';
import { substituteWith } from './subject.ts';
import type { Substitute } from './subject.ts';

interface Answer {
  readonly rows?: unknown;
  readonly fields?: readonly (readonly [string, number])[];
  readonly error?: string;
}

/** Timings differ each time; files and other sessions are left alone. */
const UNREPEATABLE = /ANALYZE|OUTFILE|LOAD DATA|^KILL|SLEEP/;

/** A fixed string's type is that of a string of any length. */
const type = (field: FieldPacket): number => (field.columnType === 254 ? 253 : (field.columnType ?? 0));

async function answer(connection: Connection, sql: string): Promise<Answer> {
  try {
    const [rows, fields] = await connection.query({ sql, rowsAsArray: true });
    if (!Array.isArray(rows)) return { rows: [rows.affectedRows, rows.insertId] };
    // Without ORDER BY rows come in any order.
    return { rows: /order by/i.test(sql) ? rows : rows.map((row) => JSON.stringify(row)).toSorted(), ...(Array.isArray(fields) ? { fields: fields.filter(Boolean).map((field) => [field.name, type(field)] as const) } : {}) };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Leaves nothing behind. */
async function tried(connection: Connection, sql: string): Promise<Answer> {
  for (const each of ['USE shop', 'START TRANSACTION']) await connection.query(each);
  const given = await answer(connection, sql);
  await connection.query('ROLLBACK');
  await connection.query('SET sql_mode = DEFAULT');
  await connection.query('DROP TABLE IF EXISTS t2');
  return given;
}

describe.each(testedFlavours())('a real %s', { timeout: 120_000 }, (flavour) => {
  let server: TestMysql;
  let connection: Connection;
  let substitute: Substitute;
  let mode: string;
  const masks = sight('mask');

  beforeAll(async () => {
    server = await startMysql({ flavour });
    connection = await createConnection({ uri: server.url, multipleStatements: true });
    await remade();
    substitute = await substituteWith(await loadCatalog(queryOn(connection)));
    mode = String((await queryOn(connection)('SELECT @@sql_mode AS mode'))[0]?.['mode']);
  });
  afterAll(async () => {
    await connection.end();
    await server.stop();
  });

  const remade = async (): Promise<void> => {
    for (const statement of SHOP) await connection.query(statement);
  };

  it('reads give what they gave, where they use nothing that is masked', async () => {
    const wrong: string[] = [];
    for (const { sql } of lines('reads', flavour)) {
      const { text, uses, outputs, obstacle } = substitute(sql, masks, mode);
      const before = await tried(connection, sql);
      if (before.error !== undefined) continue;
      if (text === undefined) {
        if (!sql.includes('ANALYSE')) wrong.push(`${obstacle}: ${sql}`);
        continue;
      }
      const after = await tried(connection, text);
      if (JSON.stringify(after.fields) !== JSON.stringify(before.fields)) wrong.push(`${after.error ?? JSON.stringify(after.fields)}: ${sql}`);
      if (uses.length === 0 && JSON.stringify(after.rows) !== JSON.stringify(before.rows)) wrong.push(`other rows: ${sql}`);
      // MySQL may take the blank behind an expression for a part of its name.
      if (outputs !== undefined && JSON.stringify(outputs.map(({ name }) => name)) !== JSON.stringify(before.fields?.map(([name]) => name.trimEnd()))) wrong.push(`other outputs: ${sql}`);
    }
    expect(wrong).toEqual([]);
  });

  it('nothing depends on what is behind the masks, but for what is said of writes', async () => {
    await remade();
    const all = [...lines('reads', flavour), ...lines('attacks', flavour)].flatMap(({ sql }) => {
      const { text, uses } = substitute(sql, masks, mode);
      // What a write reads of its target, and what RETURNING shows of it, is refused or masked elsewhere.
      return text === undefined || UNREPEATABLE.test(sql) || uses.some(({ use }) => use === 'own') || /RETURNING \*/.test(sql) ? [] : [{ sql, text }];
    });
    expect(all.length).toBeGreaterThan(250);
    const first = new Map<string, string>();
    for (const { text } of all) first.set(text, JSON.stringify(await tried(connection, text)));
    for (const statement of OTHERS) await connection.query(statement);
    const wrong: string[] = [];
    for (const { sql, text } of all) {
      const now = JSON.stringify(await tried(connection, text));
      if (now !== first.get(text)) wrong.push(`${sql}: ${first.get(text)} then ${now}`);
    }
    expect(wrong).toEqual([]);
  });

  it('lookups find rows by their real values, through the index', async () => {
    await remade();
    const equality = sight('equality');
    for (const [sql, parameters, ids] of [
      ['SELECT id FROM customers WHERE email = ?', ['cy@example.com'], [3]],
      ['SELECT id FROM customers WHERE id > ? AND email = ?', [0, 'ann@example.com'], [1]],
      ['SELECT id FROM customers WHERE id > ? AND email = ?', [1, 'ann@example.com'], []],
      ['SELECT id FROM customers WHERE ssn IN (?, ?) AND balance = ?', ['111-11-1111', 'x', '10.50'], [1]],
      ['SELECT id FROM customers WHERE born = ?', ['2000-02-29'], [4]],
      // A number would be equal to every text that doesn't begin with one.
      ['SELECT id FROM customers WHERE email = ?', [0], []],
      ["SELECT id FROM customers WHERE email = 'ANN@example.com'", [], [1]],
      ["SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.total = ? WHERE c.email = 'ann@example.com'", [7], [1]],
    ] as const) {
      const { text, uses } = substitute(sql, equality, mode);
      expect(uses.map(({ use }) => use), sql).toContain('lookup');
      await connection.query('USE shop');
      const [rows] = await connection.execute(text ?? '', [...parameters]);
      expect((rows as { id: number }[]).map(({ id }) => id), sql).toEqual(ids);
    }
    const { text = '' } = substitute("SELECT id FROM customers WHERE email = 'ann@example.com'", equality, mode);
    const plan = JSON.stringify((await connection.query(`EXPLAIN FORMAT=JSON ${text}`))[0]);
    expect(plan).toContain('by_email');
  });

  it('what can be prepared still can be', async () => {
    await connection.query('USE shop');
    for (const sql of ['SELECT * FROM customers WHERE id = ?', 'SELECT email FROM customers c JOIN orders o ON o.customer_id = c.id AND o.id = ? WHERE c.name LIKE ? LIMIT 1', 'INSERT INTO copies SELECT id, email FROM customers WHERE id = ?', 'UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.note = ? WHERE c.id = ?']) {
      const { text } = substitute(sql, masks, mode);
      const statement = await connection.prepare(text ?? '');
      await statement.close();
    }
  });

  it('plans show nothing of the rows that the server reads for them', async () => {
    await remade();
    await connection.query('USE shop');
    for (const format of ['', 'FORMAT=JSON ', ...(flavour === 'mysql' ? ['FORMAT=TREE ', 'ANALYZE '] : ['EXTENDED '])]) {
      const { text = '' } = substitute(`EXPLAIN ${format}SELECT c.email, o.id FROM customers c JOIN orders o ON o.note > c.email AND o.total > c.balance WHERE c.id = 1`, masks, mode);
      const [plan] = await connection.query(text);
      const [warnings] = await connection.query('SHOW WARNINGS');
      expect(JSON.stringify([plan, warnings])).not.toMatch(/ann@example|10\.50|111-11/);
    }
  });

  it('rows are locked as they would have been', async () => {
    await remade();
    const { text = '' } = substitute('SELECT name FROM customers c WHERE c.id = 1 FOR UPDATE', masks, mode);
    const other = await createConnection({ uri: server.urlFor({ database: 'shop' }) });
    await connection.query('USE shop');
    await connection.query('START TRANSACTION');
    await connection.query(text);
    await other.query('SET innodb_lock_wait_timeout = 1');
    await expect(other.query("UPDATE customers SET name = 'x' WHERE id = 1")).rejects.toThrow(/lock wait timeout/i);
    await other.query("UPDATE customers SET name = 'x' WHERE id = 2");
    await connection.query('ROLLBACK');
    await other.end();
  });
});
