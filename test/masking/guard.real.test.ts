/** What real servers make of guards: nothing, until a masked column is another one. */

import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardOf, isGuardError } from '../../src/masking/guard.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let server: TestPostgres;
let client: Client;
let from: string;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

beforeAll(async () => {
  server = await startPostgres();
  client = new Client({ connectionString: server.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

/** A subquery of the table, its columns guarded. */
async function guarded(schema: string, name: string, columns: readonly string[]): Promise<string> {
  const path = `${quoted(schema)}.${quoted(name)}`;
  const { rows } = await client.query<{ oid: number; attname: string; attnum: number }>('select attrelid::int as oid, attname, attnum from pg_attribute where attrelid = $1::regclass and attnum > 0', [path]);
  const masked = columns.map((column) => ({ name: column, number: rows.find(({ attname }) => attname === column)?.attnum ?? 0 }));
  return `(select * from ${path} where ${guardOf({ schema, name, oid: rows[0]?.oid ?? 0, columns: masked as never }) ?? 'no guard'})`;
}

const outcome = async (text: string): Promise<unknown> => {
  try {
    return (await client.query({ text, rowMode: 'array' })).rows;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return isGuardError(code, message) ? 'guarded' : message;
  }
};

beforeEach(async () => {
  await client.query('drop table if exists people, others cascade; create table people (id int primary key, name text, email text); insert into people values (1, \'ann\', \'ann@x\'), (2, \'bob\', \'bob@x\'); create table others (id int)');
  from = await guarded('public', 'people', ['email', 'name']);
});

describe('a guard', () => {
  it('lets everything through as it was', async () => {
    expect(await outcome(`select p.id, p.name from ${from} p order by id`)).toEqual([[1, 'ann'], [2, 'bob']]);
    expect(await outcome(`select o.id, p.name from (values (1), (3)) o(id) left join ${from} p on p.id = o.id order by 1`)).toEqual([[1, 'ann'], [3, null]]);
    expect(await outcome(`select count(*) from ${from} p full join ${from} q using (id)`)).toEqual([['2']]);
    expect(await outcome(`select id from ${from} p for update`)).toEqual([[1], [2]]);
    expect(await outcome(`update others set id = p.id from ${from} p; select 1`)).toBeUndefined();
  });

  it('keeps the index and looks at no row', async () => {
    await client.query('insert into people select n, n, n from generate_series(3, 2000) n; analyze people');
    const plan = JSON.stringify(await outcome(`explain select name from ${from} p where id = 7`));
    expect(plan).toContain('Index Scan using people_pkey');
    expect(plan).toContain('One-Time Filter');
  });

  it('lets cursors go back and forth, and write where they stand', async () => {
    await client.query(`begin; declare c scroll cursor for select * from ${from} p order by id`);
    expect([await outcome('fetch 2 from c'), await outcome('fetch backward 1 from c')]).toEqual([[[1, 'ann', 'ann@x'], [2, 'bob', 'bob@x']], [[1, 'ann', 'ann@x']]]);
    await client.query(`declare w cursor for select id from ${from} p for update; fetch w`);
    expect(await outcome('delete from people where current of w returning id')).toEqual([[1]]);
    await client.query('rollback');
  });

  it.each([
    ['a rename', 'alter table people rename email to mail; alter table people add email text'],
    ['a swap', 'alter table people rename email to x; alter table people rename name to email; alter table people rename x to name'],
    ['another table of the name', 'alter table people rename to old; create table people (id int primary key, name text, email text)'],
    ['a table made anew', 'drop table people; create table people (id int primary key, name text, email text)'],
    ['a column made anew', 'alter table people drop email; alter table people add email text'],
  ])('stops what was prepared and what comes new after %s', async (_, change) => {
    await client.query(`prepare p as select id, name || '' from ${from} p`);
    expect(await outcome('execute p')).toEqual([[1, 'ann'], [2, 'bob']]);
    await client.query(change);
    expect(await outcome(`select id, name || '' from ${from} p`)).toBe('guarded');
    expect(await outcome('execute p')).toBe('guarded');
    await client.query('deallocate p');
  });

  it.each([['o\'clock', 'ta"ble', 'E-Mail'], ['back\\slash', 'a,b', '{c}'], ['größe', 'NULL', 'null'], ['public', 'true', ' ']])('knows names such as %s, %s and %s', async (schema, table, column) => {
    await client.query(`create schema if not exists ${quoted(schema)}; create table ${quoted(schema)}.${quoted(table)} (${quoted(column)} text)`);
    const guard = await guarded(schema, table, [column]);
    expect(await outcome(`select * from ${guard} x`)).toEqual([]);
    await client.query(`alter table ${quoted(schema)}.${quoted(table)} rename ${quoted(column)} to other`);
    expect(await outcome(`select * from ${guard} x`)).toBe('guarded');
  });

  it('isn\'t there for what has no such columns', () => {
    expect(guardOf({ schema: 'pg_catalog', name: 'pg_stats', oid: 7, columns: [{ name: 'a', number: 1 } as never] })).toBeUndefined();
    expect(guardOf({ schema: 'public', name: 'filters', oid: 7, columns: [] })).toBeUndefined();
    expect(guardOf({ schema: 'shop', name: 'customers', oid: 0, columns: [{ name: 'a', number: 1 } as never] })).toBeUndefined();
  });
});
