import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskCell } from '../../src/masking/cells.ts';
import type { ColumnData } from '../../src/sql/catalog.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { masksOf, maskedAs, terms, TEXTS } from './values.ts';

let server: TestPostgres;
let client: pg.Client;
beforeAll(async () => {
  server = await startPostgres();
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN mail AS text NOT NULL CHECK (VALUE ~ '@'); CREATE TYPE pair AS (a int, b text);
    CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

const NUMBERS = [null, '0', '1', '-5', '42'];
const CASES: readonly (readonly [type: string, values: readonly (string | null)[], extra?: string])[] = [
  ['text', TEXTS], ['text', TEXTS, 'COLLATE public.ci'], ['character varying', TEXTS], ['character varying(80)', TEXTS], ['character varying(20)', cut(20)], ['character varying(5)', cut(5)], ['character varying(2)', cut(2)],
  ['character(30)', TEXTS], ['character(1)', cut(1)], ['bpchar', TEXTS], ['name', TEXTS],
  ['smallint', NUMBERS], ['integer', NUMBERS], ['bigint', NUMBERS], ['real', NUMBERS], ['double precision', NUMBERS], ['numeric', NUMBERS], ['numeric(10,2)', NUMBERS], ['numeric(5,0)', NUMBERS],
  ['boolean', [null, 't', 'f']], ['date', [null, '2024-02-29']], ['timestamp without time zone', [null, '2024-02-29 12:00:00.5']], ['timestamp(3) without time zone', [null, '2024-02-29 12:00:00.5']],
  ['timestamp with time zone', [null, '2024-02-29 12:00:00.5+02']], ['timestamp(0) with time zone', [null, '2024-02-29 12:00:00+02']], ['time without time zone', [null, '12:30']], ['time(2) with time zone', [null, '12:30+01']],
  ['interval', [null, '3 days']], ['interval day to second(3)', [null, '3 days']], ['interval year', [null, '3 years']],
  ['uuid', [null, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000']], ['json', [null, '{"a": 1}', '[1]']], ['jsonb', [null, '{"a": 1}', '[1]']], ['bytea', [null, '', '\\xdeadbeef']],
  ['text[]', [null, '{}', '{a,b}']], ['integer[]', [null, '{1}']], ['numeric(10,2)[]', [null, '{1.5}']], ['public.mood[]', [null, '{ok}']],
  ['"char"', [null, 'x']], ['inet', [null, '10.0.0.1']], ['cidr', [null, '10.0.0.0/8']], ['money', [null, '5']], ['bit(8)', [null, '10101010']], ['bit varying(8)', [null, '1']], ['int4range', [null, '[1,5)']], ['xml', [null, '<a/>']], ['tsvector', [null, 'a b']], ['oid', [null, '5']], ['point', [null, '(1,2)']],
  ['public.mood', [null, 'ok']], ['public.mail', ['a@b.c']], ['public.pair', [null, '(1,x)']],
];

function cut(length: number): (string | null)[] {
  return TEXTS.map((value) => (value === null ? null : Array.from(value).slice(0, length).join('')));
}

const RAW = { getTypeParser: () => (value: string) => value };

describe.each(CASES.map(([type, values, extra = '']) => ({ type, values, extra })))('$type $extra', ({ type, values, extra }) => {
  test('masks are of its very type, and the wire\'s are the same', async () => {
    await client.query('DROP TABLE IF EXISTS t');
    await client.query(`CREATE TABLE t (n int, "C ol" ${type} ${extra})`);
    for (const [n, value] of values.entries()) await client.query(`INSERT INTO t VALUES (${n}, $1)`, [value]);
    const [printed] = (await client.query<{ type: string; send: string }>(`SELECT set_config('search_path', '', false), format_type(atttypid, atttypmod) AS type, typsend::regproc::text AS send FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = 'public.t'::regclass AND attname = 'C ol'`)).rows;
    await client.query('RESET search_path');
    expect(printed?.type).toBe(type);
    const column: ColumnData = { name: 'C ol', number: 2, type };
    const plain = await client.query({ text: 'SELECT "C ol" AS x FROM t ORDER BY n', types: RAW });
    const all = [...masksOf('postgres', column), ...masksOf('postgres', { ...column, notNull: true }).filter(({ masked }) => masked.sql.length === 1)];
    expect(all.length).toBeGreaterThan(0);
    for (const { terms: asked, masked } of all) {
      const expression = masked.sql.join('"C ol"');
      const got = await client.query({ text: `SELECT (${expression}) AS x FROM t ORDER BY n`, types: RAW });
      const { dataTypeID, dataTypeModifier } = plain.fields[0] as pg.FieldDef;
      expect([asked, { dataTypeID, dataTypeModifier }]).toEqual([asked, { dataTypeID: got.fields[0]?.dataTypeID, dataTypeModifier: got.fields[0]?.dataTypeModifier }]);
      const sent = (await client.query<{ x: string | null }>(`SELECT encode(${printed?.send ?? ''}(${expression}), 'hex') AS x FROM t ORDER BY n`)).rows.map(({ x }) => x);
      const original = (await client.query<{ x: string | null }>(`SELECT encode(${printed?.send ?? ''}("C ol"), 'hex') AS x FROM t ORDER BY n`)).rows.map(({ x }) => x);
      for (const [at, row] of (got.rows as { x: string | null }[]).entries()) {
        const given = (plain.rows as { x: string | null }[])[at]?.x ?? null;
        const constant = masked.sql.length === 1 && asked.mask !== 'null' && !asked.hideNulls;
        if (constant && given === null) continue;
        expect([asked, given, maskCell(masked, given === null ? null : Buffer.from(given), 0, 'postgres')?.toString() ?? null]).toEqual([asked, given, row.x]);
        const binary = maskCell(masked, original[at] === null ? null : Buffer.from(original[at] ?? '', 'hex'), 1, 'postgres')?.toString('hex') ?? null;
        if (type.endsWith('[]')) expect(binary).toBeNull();
        else expect([asked, given, binary]).toEqual([asked, given, sent[at]]);
      }
    }
  });
});

test('equal values have equal hashes, others don\'t; constants tell nothing', async () => {
  await client.query('DROP TABLE IF EXISTS t');
  await client.query(`CREATE TABLE t (x text NOT NULL); INSERT INTO t VALUES ('a'), ('a'), ('b')`);
  const column: ColumnData = { name: 'x', number: 1, type: 'text', notNull: true };
  const distinct = async (mask: 'hash' | 'redact' | 'null' | 'constant'): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(`SELECT count(DISTINCT coalesce(m, 'null'))::int AS n FROM (SELECT ${maskedAs('postgres', column, terms(mask, false)).sql.join('x')} AS m FROM t) s`);
    return rows[0]?.n ?? 0;
  };
  expect([await distinct('hash'), await distinct('redact'), await distinct('null'), await distinct('constant')]).toEqual([2, 1, 1, 1]);
});

test('a policy\'s own constants are values of the type', async () => {
  for (const [type, value] of [['text', 'it\'s \\ "so"'], ['character varying(5)', 'abcde'], ['character(5)', 'ab'], ['integer', '-42'], ['bigint', '9007199254740993'], ['numeric(10,2)', '-1234.5'], ['numeric', '100020000.00005'], ['boolean', 'true'], ['date', '1999-12-31'], ['jsonb', '{}'], ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']] as const) {
    const masked = maskedAs('postgres', { name: 'x', number: 1, type, notNull: true }, terms('constant', false, value));
    expect(masked.sql).toHaveLength(1);
    const { rows: [row] } = await client.query({ text: `SELECT ${masked.sql[0] ?? ''} AS x`, types: RAW });
    expect(maskCell(masked, Buffer.from('x'), 0, 'postgres')?.toString()).toBe((row as { x: string }).x);
    const send = (await client.query<{ send: string }>(`SELECT typsend::regproc::text AS send FROM pg_type WHERE oid = '${type}'::regtype`)).rows[0]?.send ?? '';
    const sent = (await client.query<{ x: string }>(`SELECT encode(${send}(${masked.sql[0] ?? ''}), 'hex') AS x`)).rows[0]?.x;
    expect([type, maskCell(masked, Buffer.from('x'), 1, 'postgres')?.toString('hex')]).toEqual([type, sent]);
  }
});

test('nothing that users make changes a mask', async () => {
  await client.query('DROP TABLE IF EXISTS t');
  await client.query(`CREATE TABLE t (x varchar(40), u uuid); INSERT INTO t VALUES ('jane@example.com', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')`);
  const text: ColumnData = { name: 'x', number: 1, type: 'character varying(40)' };
  const uuid: ColumnData = { name: 'u', number: 2, type: 'uuid' };
  const masks = [...masksOf('postgres', text), ...masksOf('postgres', uuid)].map(({ masked }) => masked.sql.join(masked.name));
  const run = async (): Promise<unknown[]> => (await client.query({ text: `SELECT ${masks.join(', ')} FROM public.t`, rowMode: 'array' })).rows[0] as unknown[];
  const before = await run();
  await client.query(`CREATE SCHEMA evil;
    CREATE FUNCTION evil.same(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' || $1 $$; CREATE OPERATOR evil.|| (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);
    CREATE FUNCTION evil.ge(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR evil.>= (FUNCTION = evil.ge, LEFTARG = int, RIGHTARG = int);
    CREATE FUNCTION evil."right"(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE FUNCTION evil."left"(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1';
    CREATE FUNCTION evil."substring"(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1';
    CREATE FUNCTION evil.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$; CREATE FUNCTION evil.char_length(text) RETURNS int LANGUAGE sql AS 'SELECT 99';
    CREATE DOMAIN evil.text AS varchar(1); CREATE DOMAIN evil.uuid AS varchar(1); CREATE DOMAIN evil.bytea AS varchar(1);
    CREATE COLLATION evil."C" (provider = icu, locale = 'und-u-ks-level2', deterministic = false); SET search_path = evil, public, pg_catalog`);
  const after = await run();
  await client.query('RESET search_path');
  expect(after).toEqual(before);
});
