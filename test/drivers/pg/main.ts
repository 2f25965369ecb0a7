/** node-postgres. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import { report, SLOW, SLOW_RUNS, stateOf, errorOf, type Scenarios, UNICODE, until } from '../scenario.ts';
import { held } from './held.ts';
import { cancel, connect, one } from './client.ts';

const client = await connect();

const VALUES: readonly (readonly [name: string, type: string, value: unknown])[] = [
  ['null', 'text', null], ['bool', 'bool', true], ['int2', 'int2', -32_768], ['int4', 'int4', 2_147_483_647], ['int8', 'int8', 9_007_199_254_740_993n],
  ['numeric', 'numeric', '12345678901234567890.123456789'], ['float8', 'float8', 0.1], ['text', 'text', UNICODE], ['empty', 'text', ''],
  ['bytea', 'bytea', Buffer.from([0, 0xff, 0x5c, 0x27])], ['int_array', 'int4[]', [1, null, 3]], ['text_array', 'text[]', ['a,b', '"', null]],
  ['jsonb', 'jsonb', { a: [1, null], '\u00fc': '\u{1f418}' }], ['timestamptz', 'timestamptz', new Date('2024-02-29T12:34:56.789Z')],
  ['date', 'date', '1999-12-31'], ['uuid', 'uuid', '0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77'],
];

const equal: Scenarios = {
  async connect() {
    const { rows } = await client.query<Record<string, string>>(`select current_setting('server_version') version, current_setting('TimeZone') zone, current_setting('client_encoding') encoding`);
    return { one: await one(client, 'select 1 as v'), encoding: rows[0]?.['encoding'], native: rows };
  },

  async unprepared() {
    const several = (await client.query(`select 1 as a; select 'two' as b; select 3 as c where false`)) as unknown as pg.QueryResult[];
    return { answer: await one(client, 'select 42 as v'), native: several.map(({ command, rowCount, rows, fields }) => ({ command, rowCount, rows: rows as unknown, fields })) };
  },

  async values() {
    const shown: Record<string, unknown> = {};
    const native: unknown[] = [];
    for (const [name, type, value] of VALUES) {
      const { rows } = await client.query<{ value: unknown; shown: string }>(`select $1::${type} as value, ($1::${type})::text as shown`, [value]);
      shown[name] = rows[0]?.shown;
      native.push(rows[0]?.value);
      // Binary results come back as the driver decodes them.
      if (!['numeric', 'uuid', 'jsonb', 'date', 'text_array', 'int_array'].includes(name)) {
        const binary = await client.query({ text: `select $1::${type} as value`, values: [value], binary: true } as pg.QueryConfig);
        native.push(binary.rows);
      }
    }
    return { shown, native };
  },

  async prepared() {
    let sum = 0;
    for (let value = 1; value <= 200; value++) sum += Number((await client.query<{ v: number }>({ name: 'reused', text: 'select $1::int4 + 0 as v /* reused */', values: [value] })).rows[0]?.v);
    return { sum, kept: Number(await one(client, `select count(*) as v from pg_prepared_statements where statement like '%/* reused' || ' */'`)) };
  },

  async transactions() {
    const count = async (id: number): Promise<number> => Number(await one(client, `select count(*) as v from items where id = ${id}`));
    await client.query('begin');
    await client.query(`insert into items values (1, 'committed')`);
    await client.query('commit');
    await client.query('begin');
    await client.query(`insert into items values (2, 'rolled back')`);
    await client.query('rollback');
    await client.query('begin');
    await client.query(`insert into items values (3, 'before')`);
    await client.query('savepoint s');
    const state = await stateOf(client.query(`insert into items values (3, 'again')`));
    await client.query('rollback to s');
    await client.query('commit');
    await client.query('begin');
    await stateOf(client.query('select 1 / 0'));
    const inFailed = await stateOf(client.query('select 1'));
    await client.query('rollback');
    const result = { committed: await count(1), rolledBack: await count(2), savepoint: await count(3), state, inFailed, after: await one(client, 'select 1 as v') };
    await client.query('delete from items where id between 1 and 3');
    return result;
  },

  async errors() {
    await client.query(`insert into items values (10, 'ten')`);
    const unique = await errorOf(client.query('insert into items values ($1, $2)', [10, 'ten']));
    const result = {
      syntax: await stateOf(client.query('selekt 1')), unique: unique?.code,
      check: await stateOf(client.query(`insert into items values (11, 'x', -1)`)), notNull: await stateOf(client.query('insert into items values (11, null)')),
      table: await stateOf(client.query('select * from no_such_table')), division: await stateOf(client.query('select 1 / 0')),
      invalid: await stateOf(client.query('select $1::int', ['x'])), after: await one(client, 'select 1 as v'),
      native: [unique, await errorOf(client.query('select nothing from items')), await errorOf(client.query('select 1 +'))].map((error) => ({ ...error, message: error?.message })),
    };
    await client.query('delete from items where id = 10');
    return result;
  },

  async copy() {
    await client.query('delete from bulk where id > 0');
    const lines = Readable.from((function* () {
      for (let id = 1; id <= 200_000; id += 1000) yield Array.from({ length: 1000 }, (_, index) => `${id + index}\tlabel ${id + index}\n`).join('');
    })());
    await pipeline(lines, client.query(copyFrom('copy bulk from stdin')));
    const { rows } = await client.query<{ n: string; s: string }>('select count(*) n, sum(id) s from bulk');
    const hash = createHash('sha256');
    await pipeline(client.query(copyTo('copy (select id, label from bulk order by id) to stdout')), hash);
    await client.query('delete from bulk where id > 0');
    return { count: Number(rows[0]?.n), sum: Number(rows[0]?.s), out: (hash.read() as Buffer).toString('hex') };
  },

  async 'copy-failed'() {
    const bad = await stateOf(pipeline(Readable.from(['1\tone\nx\ttwo\n']), client.query(copyFrom('copy bulk from stdin'))));
    return { bad, after: await one(client, 'select 1 as v') };
  },

  async cancel() {
    const watching = await connect();
    const state = stateOf(client.query(SLOW));
    await until(() => one(watching, SLOW_RUNS));
    cancel(client);
    await watching.end();
    return { state: await state, after: await one(client, 'select 1 as v') };
  },

  async notify() {
    const listener = await connect();
    await listener.query('listen news');
    const heard = once(listener, 'notification') as Promise<[pg.Notification]>;
    await client.query(`notify news, 'hello \u00fc'`);
    const [{ payload }] = await heard;
    await listener.end();
    return { payload };
  },

  async cursor() {
    const cursor = client.query(new Cursor<{ id: number }>('select g as id from generate_series(1, 10000) g'));
    let rows = 0;
    let sum = 0;
    for (;;) {
      const portion = await cursor.read(700);
      if (portion.length === 0) break;
      rows += portion.length;
      for (const { id } of portion) sum += id;
    }
    await cursor.close();
    return { rows, sum };
  },

  async pipeline() {
    const piped = await connect({ pipeline: true });
    const made = await Promise.all(Array.from({ length: 500 }, (_, index) => piped.query('insert into items values ($1, $2)', [1000 + index, 'piped'])));
    const mixed = await Promise.allSettled([piped.query('select 1 as v'), piped.query('select $1 / 0', [1]), piped.query('select 3 as v')]);
    const state = (mixed[1] as PromiseRejectedResult).reason as pg.DatabaseError;
    const result = { inserted: made.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0), state: state.code, after: await one(piped, 'select 1 as v'), native: mixed.map(({ status }) => status) };
    await piped.query('delete from items where id >= 1000');
    await piped.end();
    return result;
  },

  async large() {
    const { rows } = await client.query<{ id: number }>('select g as id, repeat(g::text, 5) as label from generate_series(1, 100000) g');
    const wide = await client.query<{ v: string }>(`select repeat($1, 2500000) as v`, ['ab']);
    return { rows: rows.length, sum: rows.reduce((sum, { id }) => sum + id, 0), wide: wide.rows[0]?.v.length };
  },

  encrypted: () => Promise.resolve({ encrypted: 'encrypted' in (client as unknown as { connection: { stream: object } }).connection.stream }),
};

await report({ equal, held: held(client) });
await client.end();
