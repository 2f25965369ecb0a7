import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { detailCode, errorOf, type Scenarios, stateOf } from '../scenario.ts';
import { type Client, connect, one } from './client.ts';

export function held({ sql, events }: Client): Scenarios {
  const after = (): Promise<unknown> => one(sql, 'select 1 as v');
  const insert = (marker: string, id: number, into = 'held', over = sql) => over.unsafe(`insert into ${into} (id) values ($1) returning id /* ${marker} */`, [id], { prepare: true });
  const kept = async (label: string): Promise<number> => Number(await one(sql, `select count(*) as v from items where label = '${label}'`));

  return {
    async approved() {
      const noticed = once(events, 'notice').then(() => true);
      const rows = await insert('approved', 1);
      return { returned: rows[0]?.['id'] as number, noticed: await noticed };
    },

    async denied() {
      const error = await errorOf(insert('denied', 1));
      return { state: error?.code, reason: error?.message.includes('not today: ask in the morning \u2013 \u00fc'), detail: detailCode(error), after: await after() };
    },

    async 'denied-in-transaction'() {
      const own = await sql.reserve();
      await own`begin`;
      await own`insert into items values (2001, 'with denied')`;
      const state = await stateOf(insert('denied-in-transaction', 1, 'held', own));
      const inFailed = await stateOf(own`select 1`);
      await own`rollback`;
      own.release();
      return { state, inFailed, after: await after(), kept: await kept('with denied') };
    },

    async 'approved-in-transaction'() {
      const rows = await sql.begin(async (own) => {
        await own`insert into items values (2002, 'with approved')`;
        return insert('approved-in-transaction', 2, 'held', own as unknown as typeof sql);
      });
      const result = { returned: rows[0]?.['id'] as number, kept: await kept('with approved') };
      await sql`delete from items where id = 2002`;
      return result;
    },

    async expired() {
      const error = await errorOf(insert('expired', 1, 'hasty'));
      return { state: error?.code, detail: detailCode(error), after: await after() };
    },

    async cancelled() {
      const query = insert('cancelled', 1);
      const running = stateOf(query);
      await once(events, 'notice');
      query.cancel();
      return { state: await running, after: await after() };
    },

    async prepared() {
      const results: unknown[] = [];
      for (const id of [1, 2, 3]) results.push(await insert('prepared', id).then((rows) => rows[0]?.['id'] as number, (error: { code: string }) => error.code));
      return { results, after: await after() };
    },

    async pipelined() {
      const all = () => Promise.allSettled([sql`select 1 as v`, sql`insert into held (id) values (${1}) /* pipelined */`, sql`select 2 as v`]);
      const approved = await all();
      const denied = await all();
      return {
        approved: approved.filter(({ status }) => status === 'fulfilled').length,
        state: ((denied[1] as PromiseRejectedResult).reason as { code: string }).code, after: await after(), others: denied.map(({ status }) => status),
      };
    },

    async forbidden() {
      const error = await errorOf(insert('forbidden', 1, 'forbidden'));
      return { state: error?.code, detail: detailCode(error), after: await after() };
    },

    async 'copied-in'() {
      const copy = async (): Promise<void> => pipeline(Readable.from(['41\tone\n42\ttwo\n']), await sql`copy held from stdin /* copied-in */`.writable());
      await copy();
      const copied = Number(await one(sql, 'select count(*) as v from held where id in (41, 42)'));
      const state = await stateOf(copy());
      await sql`delete from held where id in (41, 42)`;
      return { copied, state, after: await after() };
    },

    async 'copied-out'() {
      const copy = async (): Promise<Buffer> => buffer(await sql`copy vault to stdout /* copied-out */`.readable());
      return { bytes: (await copy()).length, state: await stateOf(copy()), after: await after() };
    },

    async portions() {
      let rows = 0;
      let sum = 0;
      for await (const portion of sql<{ id: number }[]>`select id from vault order by id /* portions */`.cursor(700)) {
        rows += portion.length;
        for (const { id } of portion) sum += id;
      }
      return { rows, sum };
    },

    async disconnected() {
      const leaving = connect();
      const lost = stateOf(insert('disconnected', 1, 'held', leaving.sql));
      await once(leaving.events, 'notice');
      await leaving.sql.end({ timeout: 0 });
      return { state: await lost };
    },
  };
}
