/** What is held, decided by a person meanwhile. */

import type { Scenarios } from '../../scenario.ts';
import { DENIAL_START, detailOf, waits } from '../scenario.ts';
import type { Answer, Client, Driver } from './client.ts';
import { count, errorOf } from './equal.ts';

export function held(client: Client, driver: Driver): Scenarios {
  const after = (): Promise<number> => count(client, 'select 1 as v');
  const insert = (marker: string, into = 'held'): Promise<Answer> => client.query(`insert into ${into} (id) values (1) /* ${marker} */`);
  const kept = (id: number): Promise<number> => count(client, `select count(*) as v from items where id = ${id}`);
  const refused = async (running: Promise<unknown>): Promise<object> => {
    const error = await errorOf(running);
    return { errno: error?.errno, state: error?.sqlState, reason: error?.message.includes(DENIAL_START), detail: detailOf(error === undefined ? '' : driver.message(error)), after: await after() };
  };

  return {
    approved: async () => ({ affected: (await insert('approved')).affected }),
    denied: () => refused(insert('denied')),
    expired: () => refused(insert('expired', 'hasty')),
    forbidden: () => refused(insert('forbidden', 'forbidden')),

    async 'denied-in-transaction'() {
      await client.query('begin');
      await client.query(`insert into items values (3001, 'with denied', null)`);
      const error = await errorOf(insert('denied-in-transaction'));
      const inside = await after();
      await client.query('commit');
      const result = { errno: error?.errno, inside, kept: await kept(3001) };
      await client.query('delete from items where id = 3001');
      return result;
    },

    async 'approved-in-transaction'() {
      await client.query('begin');
      await client.query(`insert into items values (3002, 'with approved', null)`);
      const { affected } = await insert('approved-in-transaction');
      await client.query('commit');
      const result = { affected, kept: await kept(3002) };
      await client.query('delete from items where id = 3002');
      return result;
    },

    async cancelled() {
      const other = await driver.connect();
      const running = errorOf(insert('cancelled'));
      await waits('cancelled');
      await other.query(`kill query ${client.thread}`);
      const error = await running;
      await other.end();
      return { errno: error?.errno, after: await after() };
    },

    async prepared() {
      const results: unknown[] = [];
      for (const id of [1, 2, 3]) {
        const run = client.execute('insert into held (id) values (?) /* prepared */', [id]);
        results.push(await run.then(({ affected }) => affected, (error: { errno: number }) => error.errno));
      }
      return { results, after: await after() };
    },

    async batch() {
      const both = `insert into items values (3003, 'in a batch', null); insert into held (id) values (1) /* batch */`;
      await client.several(both);
      const ran = await kept(3003);
      await client.query('delete from items where id = 3003');
      const error = await errorOf(client.several(both));
      return { ran, kept: await kept(3003), errno: error?.errno, after: await after() };
    },

    async portions() {
      let rows = 0;
      let sum = 0;
      for await (const { id } of client.stream('select id from vault order by id /* portions */')) {
        rows++;
        sum += Number(id);
      }
      return { rows, sum };
    },

    async disconnected() {
      const leaving = await driver.connect();
      const lost = errorOf(leaving.query('insert into held (id) values (1) /* disconnected */'));
      await waits('disconnected');
      leaving.destroy();
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      return {};
    },
  };
}
