/** Whatever must be the same through the proxy. */

import { UNICODE, until, type Scenarios } from '../../scenario.ts';
import { ROWS, SHOWN, SLOW, SLOW_RUNS, TEN_THOUSAND, TYPED } from '../scenario.ts';
import type { Client, DatabaseError, Driver } from './client.ts';

const PARAMETERS: readonly unknown[] = [
  null, -128, 2_147_483_647, -9_223_372_036_854_775_808n, 18_446_744_073_709_551_615n, '12345678901234567890.123456789', 0.1, UNICODE, '', Buffer.from([0, 0xff, 0x5c, 0x27]),
  '2024-02-29 12:34:56.789', '1999-12-31', '12:34:56.789', '{"a": [1, null], "ü": "🐘"}', 165,
];

export async function one(client: Client, text: string): Promise<unknown> {
  return (await client.query(text)).rows[0]?.['v'];
}

/** As number, whatever the driver makes of large ones. */
export const count = async (client: Client, text: string): Promise<number> => Number(await one(client, text));

export async function errorOf(running: Promise<unknown>): Promise<DatabaseError | undefined> {
  return running.then(() => undefined, (error: unknown) => error as DatabaseError);
}

export function equal(client: Client, driver: Driver): Scenarios {
  const errno = async (running: Promise<unknown>): Promise<number | undefined> => (await errorOf(running))?.errno;
  const after = (): Promise<number> => count(client, 'select 1 as v');
  const told = (error: DatabaseError | undefined): object => (error === undefined ? {} : { errno: error.errno, sqlState: error.sqlState, message: driver.message(error) });

  return {
    async connect() {
      const { rows } = await client.query('select version() version, @@sql_mode mode, @@session.time_zone zone, @@autocommit auto, user() like \'%@%\' me');
      return { one: await after(), charset: await one(client, 'select @@character_set_client as v'), native: rows };
    },

    async unprepared() {
      const results = await client.several(`select 1 as v; select 'two' as v; select 3 as v`);
      return { answer: await count(client, 'select 42 as v'), several: results.map(({ rows }) => String(rows[0]?.['v'])), native: results };
    },

    async values() {
      const bigger = PARAMETERS.map((value) => (typeof value === 'bigint' ? value.toString() : value));
      // What a run that failed has left.
      await client.query('delete from typed where id > 0');
      await client.execute(TYPED, [1, ...bigger]);
      await client.query(TYPED, [2, ...bigger]);
      const [prepared, interpolated] = [(await client.execute(`${SHOWN}?`, [1])).rows[0], (await client.query(`${SHOWN}?`, [2])).rows[0]];
      const native = [...(await client.execute('select * from typed where id = ?', [1])).rows, ...(await client.query('select * from typed where id = ?', [2])).rows];
      await client.query('delete from typed where id in (1, 2)');
      return { prepared, interpolated, native };
    },

    async prepared() {
      let sum = 0;
      for (let value = 1; value <= 200; value++) sum += Number((await client.execute('select ? + 0 as v', [value])).rows[0]?.['v']);
      return { sum };
    },

    async altered() {
      const labels: unknown[] = [];
      for (const change of ['add column more int', 'drop column more', 'comment = \'as it was\'']) {
        labels.push((await client.execute('select label from altered where id = ?', [1])).rows[0]?.['label']);
        await client.query(`alter table altered ${change}`);
      }
      return { labels };
    },

    async transactions() {
      const rows = (id: number): Promise<number> => count(client, `select count(*) as v from items where id = ${id}`);
      for (const [id, end] of [[1, 'commit'], [2, 'rollback']] as const) {
        await client.query('begin');
        await client.query(`insert into items values (${id}, 'in a transaction', null)`);
        await client.query(end);
      }
      await client.query('start transaction');
      await client.query(`insert into items values (3, 'before', null)`);
      await client.query('savepoint s');
      const failed = await errno(client.query(`insert into items values (3, 'again', null)`));
      await client.query('rollback to s');
      await client.query('commit');
      const result = { committed: await rows(1), rolledBack: await rows(2), savepoint: await rows(3), errno: failed, after: await after() };
      await client.query('delete from items where id between 1 and 3');
      return result;
    },

    async errors() {
      await client.query(`insert into items values (10, 'ten', null)`);
      const unique = await errorOf(client.execute('insert into items values (?, ?, ?)', [10, 'ten', null]));
      const result = {
        syntax: await errno(client.query('selekt 1')), unique: unique?.errno, notNull: await errno(client.query('insert into items values (11, null, null)')),
        table: await errno(client.query('select * from no_such_table')), check: await errno(client.query(`insert into items values (11, 'x', -1)`)),
        range: await errno(client.execute('insert into items values (?, ?, ?)', ['99999999999', 'x', 1])), after: await after(),
        native: [told(unique), told(await errorOf(client.query('select nothing from items'))), told(await errorOf(client.query('select 1 +')))],
      };
      await client.query('delete from items where id = 10');
      return result;
    },

    async multi() {
      const results = await client.several(`insert into items values (20, 'multi', null); select label from items where id = 20; delete from items where id = 20`);
      const failed = await errorOf(client.several('select 1 as v; select * from no_such_table; select 3 as v'));
      return { inserted: results[0]?.affected, errno: failed?.errno, after: await after(), native: results };
    },

    async settings() {
      // A connection of its own: drivers go on using what they had prepared before a reset.
      const own = await driver.connect();
      try {
        await own.query('set @x = 5');
        const kept = await count(own, 'select @x as v');
        await own.query(`select cast('abc' as signed) as v`);
        const { rows } = await own.query('show warnings');
        await own.query(`set session sql_mode = 'ANSI_QUOTES'`);
        const native = await own.query('select "id" from "items" where "id" = 0');
        await own.reset();
        return { kept, warning: Number(rows[0]?.['Code']), reset: await one(own, 'select @x as v'), native: [native, await one(own, 'select @@sql_mode as v')] };
      } finally {
        await own.end();
      }
    },

    async cancel() {
      const other = await driver.connect();
      const running = errno(client.query(SLOW));
      await until(async () => (await count(other, SLOW_RUNS)) > 0);
      await other.query(`kill query ${client.thread}`);
      const failed = await running;
      await other.end();
      return { errno: failed, after: await after() };
    },

    async streamed() {
      let rows = 0;
      let sum = 0;
      for await (const { id } of client.stream(TEN_THOUSAND)) {
        rows++;
        sum += Number(id);
      }
      return { rows, sum };
    },

    async bulk() {
      const values = Array.from({ length: 500 }, (_, index) => [1000 + index, 'in bulk', 1.5]);
      const inserted = await client.bulk('insert into items values (?, ?, ?)', values);
      const failed = await errno(client.bulk('insert into items values (?, ?, ?) /* again */', values.slice(0, 2)));
      await client.query('delete from items where id >= 1000');
      return { inserted, errno: failed, after: await after() };
    },

    ...(driver.pipelines ? { pipeline: () => pipeline(client) } : {}),

    async large() {
      const { rows } = await client.query(ROWS);
      const wide = await one(client, `select repeat('ab', 9000000) as v`);
      const sent = await client.execute('select length(?) as v', ['x'.repeat(18_000_000)]);
      return { rows: rows.length, sum: rows.reduce((sum, { id }) => sum + Number(id), 0), wide: String(wide).length, sent: Number(sent.rows[0]?.['v']) };
    },

    encrypted: () => Promise.resolve({ encrypted: client.encrypted }),
  };
}

async function pipeline(client: Client): Promise<object> {
  const made = await Promise.all(Array.from({ length: 500 }, (_, index) => client.query('insert into items values (?, ?, null)', [2000 + index, 'piped'])));
  const mixed = await Promise.allSettled([client.query('select 1 as v'), client.query('select * from no_such_table'), client.query('select 3 as v')]);
  const result = {
    inserted: made.reduce((sum, { affected }) => sum + affected, 0), errno: ((mixed[1] as PromiseRejectedResult).reason as DatabaseError).errno,
    after: await count(client, 'select 1 as v'), native: mixed.map(({ status }) => status),
  };
  await client.query('delete from items where id >= 2000');
  return result;
}
