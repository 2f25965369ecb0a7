/** Statements that look like reading or inserting and run a user's code: the server itself shows that they do. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVERS, startRange } from './range.ts';
import type { Range } from './range.ts';
import { MINED } from './schema.ts';

/** In each of them a function of a user runs, without being called in so many words. */
const RUN_CODE = [
  // A domain's check, wherever the domain hides.
  `SELECT 'x'::checked`,
  `SELECT 'x'::twice_checked`,
  `SELECT '{x}'::twice_checked[]`,
  `SELECT '{x}'::"_under"[]`,
  `SELECT '{x}'::"__under"`,
  `SELECT '(x)'::holds_checked`,
  `SELECT ROW('x')::holds_checked`,
  `SELECT '("{(x)}")'::holds_deeper`,
  `SELECT '(x,1)'::with_checked`,
  `SELECT '{"(x,1)"}'::with_checked[]`,
  `SELECT '[a,b]'::checked_range`,
  `SELECT json_populate_record(NULL::with_checked, '{"a":"x"}')`,
  `SELECT * FROM json_populate_record(NULL::holds_checked, '{"a":"x"}')`,
  `SELECT * FROM json_to_record('{"a":"x"}') AS t(a twice_checked)`,
  `SELECT * FROM jsonb_to_recordset('[{"a":{"a":"x"}}]') AS t(a holds_checked)`,
  `SELECT * FROM XMLTABLE('/a' PASSING '<a>x</a>' COLUMNS a twice_checked PATH '.')`,
  // A cast that nobody wrote.
  `SELECT c::text FROM customers c`,
  `SELECT upper(c) FROM customers c`,
  `SELECT upper(x) FROM (SELECT c AS x FROM customers c) q`,
  `SELECT upper(m) FROM wallets`,
  `SELECT m::text FROM wallets`,
  `SELECT upper(m) FROM wallet_view`,
  `SELECT upper((p).m) FROM purses`,
  `SELECT upper('(1)'::"Money")`,
  // t.f is f(t) when t has no column f.
  `SELECT p.label FROM parent p`,
  `SELECT parent.label FROM parent`,
  `SELECT (p).label FROM parent p`,
  `SELECT c.id FROM customers c(a)`,
  `SELECT p.title FROM west.places p`,
  `SET search_path = west, public; SELECT p.title FROM places p; RESET search_path`,
  `WITH c(a) AS (SELECT 1 AS anything) SELECT c.anything FROM c`,
  `WITH c AS (SELECT 1 AS anything) SELECT x.anything FROM c x(a)`,
  `SELECT x.anything FROM (SELECT 1 AS anything) x(a)`,
  `SELECT x.anything FROM (VALUES (1)) x(a)`,
  `SELECT (ROW(1)).anything`,
  `SELECT j.label FROM (parent a JOIN child b USING (id)) AS j(x) RIGHT JOIN parent p ON true WHERE p.label = 1`,
  // A rule beneath a view.
  `INSERT INTO ledger VALUES (1)`,
  `INSERT INTO ledger_view VALUES (1)`,
  `INSERT INTO ledger_view_view VALUES (1)`,
];

/** What PostgreSQL 16 and 17 read as syntax of their own is still a call on an older server. */
const OLD_CALLS = [
  ['json_array', `SELECT json_array('x')`], ['json_object', `SELECT json_object('x', 1)`], ['json_arrayagg', `SELECT json_arrayagg('x')`],
  ['json_value', `SELECT json_value('x', 'y')`], ['json_query', `SELECT json_query('x', 'y')`], ['json_exists', `SELECT json_exists('x', 'y')`],
  ['json_scalar', `SELECT json_scalar('x')`], ['json_serialize', `SELECT json_serialize('x')`], ['merge_action', `SELECT merge_action()`],
] as const;

const OLD_TYPES = [`SELECT 'x'::json`, `SELECT json 'x'`, `SELECT json('x')`, `SELECT CAST('x' AS json)`].map((sql) => `SET search_path = early, pg_catalog, public; ${sql}; RESET search_path`);

for (const { version, there } of SERVERS) {
  describe.skipIf(!there)(`on ${version} PostgreSQL${there ? '' : ' (left out: this machine has none)'}`, () => {
    let range: Range;
    beforeAll(async () => {
      range = await startRange(version, MINED);
    });
    afterAll(() => range[Symbol.asyncDispose]());

    it.each(RUN_CODE)('isn\'t let through: %s', async (sql) => {
      expect(await ran(range, sql)).toBe(true);
      expect(await range.action(sql)).not.toBe('allow');
    });

    it('nothing that is new syntax hides an old call', async () => {
      const { client } = range;
      for (const [name] of OLD_CALLS) for (const types of ['', 'text', 'text, text', 'text, int']) await client.query(`CREATE FUNCTION "${name}"(${types}) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('${name}'); RETURN 1; END $$`);
      await client.query(`CREATE SCHEMA early; CREATE DOMAIN early.json AS text CHECK (mark(value))`);
      await range.understanding.refresh();
      for (const sql of [...OLD_CALLS.map(([, call]) => call), ...OLD_TYPES]) {
        const called = await ran(range, sql);
        if (range.major < 16) expect(called, sql).toBe(true);
        if (called) expect(await range.action(sql), sql).not.toBe('allow');
      }
    });
  });
}

async function ran(range: Range, sql: string): Promise<boolean> {
  await range.run('DELETE FROM public.log');
  await range.run(sql);
  const { rows } = await range.client.query('SELECT 1 FROM public.log');
  return rows.length > 0;
}
