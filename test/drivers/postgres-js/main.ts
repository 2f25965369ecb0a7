/** postgres.js. */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ParameterOrJSON } from 'postgres';
import { errorOf, report, type Scenarios, SLOW, SLOW_RUNS, stateOf, target, UNICODE, until } from '../scenario.ts';
import { connect, one } from './client.ts';
import { held } from './held.ts';

const client = connect();
const { sql } = client;

const VALUES: readonly (readonly [name: string, type: string, value: ParameterOrJSON<never>])[] = [
  ['null', 'text', null], ['bool', 'bool', true], ['int2', 'int2', -32_768], ['int4', 'int4', 2_147_483_647], ['int8', 'int8', '9007199254740993'],
  ['numeric', 'numeric', '12345678901234567890.123456789'], ['float8', 'float8', 0.1], ['text', 'text', UNICODE], ['empty', 'text', ''],
  ['bytea', 'bytea', Buffer.from([0, 0xff, 0x5c, 0x27])], ['int_array', 'int4[]', [1, null, 3]], ['text_array', 'text[]', ['a,b', '"', null]],
  ['jsonb', 'jsonb', { a: [1, null], '\u00fc': '\u{1f418}' }], ['timestamptz', 'timestamptz', new Date('2024-02-29T12:34:56.789Z')],
  ['date', 'date', '1999-12-31'], ['uuid', 'uuid', '0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77'],
];

const count = async (id: number): Promise<number> => Number(await one(sql, `select count(*) as v from items where id = ${id}`));

const equal: Scenarios = {
  async connect() {
    const rows = await sql`select current_setting('server_version') version, current_setting('TimeZone') zone, current_setting('client_encoding') encoding`;
    return { one: await one(sql, 'select 1 as v'), encoding: rows[0]?.['encoding'] as string, native: rows };
  },

  async unprepared() {
    const several = await sql`select 1 as a; select 'two' as b; select 3 as c where false`.simple();
    return { answer: await one(sql, 'select 42 as v'), native: several };
  },

  async values() {
    const shown: Record<string, unknown> = {};
    const native: unknown[] = [];
    for (const [name, type, value] of VALUES) {
      const rows = await sql.unsafe(`select $1::${type} as value, ($1::${type})::text as shown`, [value], { prepare: true });
      shown[name] = rows[0]?.['shown'];
      native.push(rows[0]?.['value']);
    }
    return { shown, native };
  },

  async prepared() {
    let sum = 0;
    for (let value = 1; value <= 200; value++) sum += Number((await sql`select ${value}::int4 + 0 as v /* reused */`)[0]?.['v']);
    return { sum, kept: Number(await one(sql, `select count(*) as v from pg_prepared_statements where statement like '%/* reused' || ' */'`)) };
  },

  async transactions() {
    await sql.begin((own) => own`insert into items values (1, 'committed')`);
    await stateOf(sql.begin(async (own) => {
      await own`insert into items values (2, 'rolled back')`;
      throw new Error('changed my mind');
    }));
    let state = '';
    await sql.begin(async (own) => {
      await own`insert into items values (3, 'before')`;
      state = await stateOf(own.savepoint((inner) => inner`insert into items values (3, 'again')`));
    });
    const own = await sql.reserve();
    await own`begin`;
    await stateOf(own`select 1 / 0`);
    const inFailed = await stateOf(own`select 1`);
    await own`rollback`;
    own.release();
    const result = { committed: await count(1), rolledBack: await count(2), savepoint: await count(3), state, inFailed, after: await one(sql, 'select 1 as v') };
    await sql`delete from items where id between 1 and 3`;
    return result;
  },

  async errors() {
    await sql`insert into items values (10, 'ten')`;
    const unique = await errorOf(sql`insert into items values (${10}, ${'ten'})`);
    const native = [unique, await errorOf(sql`select nothing from items`), await errorOf(sql.unsafe('select 1 +'))].map((error) => ({ ...error, message: error?.message }));
    const result = {
      syntax: await stateOf(sql.unsafe('selekt 1')), unique: unique?.code, check: await stateOf(sql`insert into items values (11, 'x', -1)`),
      notNull: await stateOf(sql`insert into items values (11, null)`), table: await stateOf(sql`select * from no_such_table`), division: await stateOf(sql`select 1 / 0`),
      invalid: await stateOf(sql.unsafe('select $1::text::int', ['x'])), after: await one(sql, 'select 1 as v'), native,
    };
    await sql`delete from items where id = 10`;
    return result;
  },

  async copy() {
    await sql`delete from bulk where id > 0`;
    const lines = Readable.from((function* () {
      for (let id = 1; id <= 200_000; id += 1000) yield Array.from({ length: 1000 }, (_, index) => `${id + index}\tlabel ${id + index}\n`).join('');
    })());
    await pipeline(lines, await sql`copy bulk from stdin`.writable());
    const rows = await sql`select count(*)::int n, sum(id)::text s from bulk`;
    const hash = createHash('sha256');
    await pipeline(await sql`copy (select id, label from bulk order by id) to stdout`.readable(), hash);
    await sql`delete from bulk where id > 0`;
    return { count: rows[0]?.['n'] as number, sum: Number(rows[0]?.['s']), out: (hash.read() as Buffer).toString('hex') };
  },

  async cancel() {
    const watching = connect().sql;
    const query = sql.unsafe(SLOW).simple();
    const state = stateOf(query);
    await until(() => one(watching, SLOW_RUNS));
    query.cancel();
    await watching.end();
    return { state: await state, after: await one(sql, 'select 1 as v') };
  },

  async notify() {
    const payload = await new Promise<string>((resolve, reject) => {
      sql.listen('news', resolve).then(() => sql.notify('news', 'hello \u00fc')).catch(reject);
    });
    return { payload };
  },

  async cursor() {
    let rows = 0;
    let sum = 0;
    for await (const portion of sql<{ id: number }[]>`select g as id from generate_series(1, 10000) g`.cursor(700)) {
      rows += portion.length;
      for (const { id } of portion) sum += id;
    }
    return { rows, sum };
  },

  async pipeline() {
    const made = await Promise.all(Array.from({ length: 500 }, (_, index) => sql`insert into items values (${1000 + index}, ${'piped'})`));
    const mixed = await Promise.allSettled([sql`select 1 as v`, sql`select ${1}::int / 0`, sql`select 3 as v`]);
    const { code } = (mixed[1] as PromiseRejectedResult).reason as { code: string };
    const result = { inserted: made.reduce((sum, { count }) => sum + count, 0), state: code, after: await one(sql, 'select 1 as v'), native: mixed.map(({ status }) => status) };
    await sql`delete from items where id >= 1000`;
    return result;
  },

  async large() {
    const rows = await sql<{ id: number }[]>`select g as id, repeat(g::text, 5) as label from generate_series(1, 100000) g`;
    const wide = await sql<{ v: string }[]>`select repeat(${'ab'}, 2500000) as v`;
    return { rows: rows.length, sum: rows.reduce((sum, { id }) => sum + id, 0), wide: wide[0]?.v.length };
  },

  // It says nowhere what it uses; with `ssl` it connects by TLS or not at all.
  encrypted: () => Promise.resolve({ encrypted: target.ca !== undefined }),
};

await report({ equal, held: held(client) });
await sql.end({ timeout: 1 });
