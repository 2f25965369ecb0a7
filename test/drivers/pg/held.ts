import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import { detailCode, errorOf, type Scenarios, stateOf } from '../scenario.ts';
import { cancel, connect, one } from './client.ts';

export function held(client: pg.Client): Scenarios {
  const after = (): Promise<unknown> => one(client, 'select 1 as v');
  const insert = (marker: string, id: number, into = 'held'): Promise<pg.QueryResult<{ id: number }>> =>
    client.query<{ id: number }>(`insert into ${into} (id) values ($1) returning id /* ${marker} */`, [id]);
  const kept = async (label: string): Promise<number> => Number(await one(client, `select count(*) as v from items where label = '${label}'`));

  return {
    async approved() {
      const noticed = once(client, 'notice').then(() => true);
      const { rows } = await insert('approved', 1);
      return { returned: rows[0]?.id, noticed: await noticed };
    },

    async denied() {
      const error = await errorOf(insert('denied', 1));
      return { state: error?.code, reason: error?.message.includes('not today: ask in the morning \u2013 \u00fc'), detail: detailCode(error), after: await after() };
    },

    async 'denied-in-transaction'() {
      await client.query('begin');
      await client.query(`insert into items values (2001, 'with denied')`);
      const state = await stateOf(insert('denied-in-transaction', 1));
      const inFailed = await stateOf(after());
      await client.query('rollback');
      return { state, inFailed, after: await after(), kept: await kept('with denied') };
    },

    async 'approved-in-transaction'() {
      await client.query('begin');
      await client.query(`insert into items values (2002, 'with approved')`);
      const { rows } = await insert('approved-in-transaction', 2);
      await client.query('commit');
      const result = { returned: rows[0]?.id, kept: await kept('with approved') };
      await client.query('delete from items where id = 2002');
      return result;
    },

    async expired() {
      const error = await errorOf(insert('expired', 1, 'hasty'));
      return { state: error?.code, detail: detailCode(error), after: await after() };
    },

    async cancelled() {
      const running = stateOf(insert('cancelled', 1));
      await once(client, 'notice');
      cancel(client);
      return { state: await running, after: await after() };
    },

    async prepared() {
      const results: unknown[] = [];
      for (const id of [1, 2, 3]) {
        const run = client.query<{ id: number }>({ name: 'held', text: 'insert into held (id) values ($1) returning id /* prepared */', values: [id] });
        results.push(await run.then(({ rows }) => rows[0]?.id, (error: pg.DatabaseError) => error.code));
      }
      return { results, after: await after() };
    },

    async pipelined() {
      const piped = await connect({ pipeline: true });
      const all = () => Promise.allSettled([piped.query('select 1 as v'), piped.query('insert into held (id) values ($1) /* pipelined */', [1]), piped.query('select 2 as v')]);
      const approved = await all();
      const denied = await all();
      const result = {
        approved: approved.filter(({ status }) => status === 'fulfilled').length,
        state: ((denied[1] as PromiseRejectedResult).reason as pg.DatabaseError).code, after: await one(piped, 'select 1 as v'), others: denied.map(({ status }) => status),
      };
      await piped.end();
      return result;
    },

    async forbidden() {
      const error = await errorOf(insert('forbidden', 1, 'forbidden'));
      return { state: error?.code, detail: detailCode(error), after: await after() };
    },

    async 'copied-in'() {
      const copy = () => pipeline(Readable.from(['41\tone\n42\ttwo\n']), client.query(copyFrom('copy held from stdin /* copied-in */')));
      await copy();
      const copied = Number(await one(client, 'select count(*) as v from held where id in (41, 42)'));
      const state = await stateOf(copy());
      await client.query('delete from held where id in (41, 42)');
      return { copied, state, after: await after() };
    },

    async 'copied-out'() {
      const copy = () => buffer(client.query(copyTo('copy vault to stdout /* copied-out */')));
      return { bytes: (await copy()).length, state: await stateOf(copy()), after: await after() };
    },

    async portions() {
      const cursor = client.query(new Cursor<{ id: number }>('select id from vault order by id /* portions */'));
      let rows = 0;
      let sum = 0;
      for (let portion = await cursor.read(700); portion.length > 0; portion = await cursor.read(700)) {
        rows += portion.length;
        for (const { id } of portion) sum += id;
      }
      await cursor.close();
      return { rows, sum };
    },

    async disconnected() {
      const leaving = await connect();
      leaving.query('insert into held (id) values ($1) /* disconnected */', [1]).catch(() => {});
      await once(leaving, 'notice');
      const { stream } = (leaving as unknown as { connection: { stream: { destroy(): void } } }).connection;
      stream.destroy();
      return {};
    },
  };
}
