/** What drivers make of rows that wait, and of a result that is cut off: an error, never less than the whole without one. */

import { createConnection as mariadb } from 'mariadb';
import { createConnection as mysql2 } from 'mysql2/promise';
import { Client } from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_POLICY, type TestProxy } from '../support/proxy.ts';
import { DIALECTS, type StoryWorld } from './dialects.ts';

const SCHEMA = `create table d (i int); insert into d values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
create table n (id int primary key); insert into n select a.i + 10 * b.i + 100 * c.i from d a cross join d b cross join d c`;
const POLICY = `${TEST_POLICY}  - { name: large, effects: [read], tables: [n], rows_over: 100, then: hold, approvers: [dba], within: 30s }\n`;

interface Driver {
  readonly name: string;
  /** Its next result begins with what was left of one that failed, whatever the server and the error (postgres.js 3.4: connection.js clears its rows at CommandComplete only). */
  readonly mixes?: true;
  connect(url: string): Promise<{ rows(text: string): Promise<unknown>; end(): Promise<void> }>;
}

const DRIVERS: Readonly<Record<string, readonly Driver[]>> = {
  PostgreSQL: [
    {
      name: 'pg',
      async connect(url) {
        const client = new Client({ connectionString: url });
        await client.connect();
        return { rows: async (text) => (await client.query(text)).rows, end: () => client.end() };
      },
    },
    {
      name: 'pg, prepared',
      async connect(url) {
        const client = new Client({ connectionString: url });
        await client.connect();
        return { rows: async (text) => (await client.query({ text: `${text} and 0 = $1`, values: [0] })).rows, end: () => client.end() };
      },
    },
    {
      name: 'postgres.js', mixes: true,
      connect(url) {
        const sql = postgres(url, { max: 1, onnotice: () => {} });
        return Promise.resolve({ rows: async (text) => [...(await sql.unsafe(text))], end: () => sql.end() });
      },
    },
    {
      name: 'postgres.js, by a cursor', mixes: true,
      connect(url) {
        const sql = postgres(url, { max: 1, onnotice: () => {} });
        return Promise.resolve({
          async rows(text) {
            const all: unknown[] = [];
            await sql.unsafe(text).cursor(60, (some) => void all.push(...some));
            return all;
          },
          end: () => sql.end(),
        });
      },
    },
  ],
  MySQL: [
    {
      name: 'mysql2',
      async connect(url) {
        const connection = await mysql2({ uri: url });
        return { rows: async (text) => (await connection.query(text))[0], end: () => connection.end() };
      },
    },
    {
      name: 'mysql2, prepared',
      async connect(url) {
        const connection = await mysql2({ uri: url });
        return { rows: async (text) => (await connection.execute(`${text} and 0 = ?`, [0]))[0], end: () => connection.end() };
      },
    },
    {
      name: 'mariadb',
      async connect(url) {
        const { hostname: host, port, username: user, password } = new URL(url);
        const connection = await mariadb({ host, port: Number(port), user, password: decodeURIComponent(password), database: 'shop' });
        return { rows: (text) => connection.query(text), end: () => connection.end() };
      },
    },
  ],
};

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let proxy: TestProxy;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA, policy: POLICY });
    ({ proxy } = world);
  }, 120_000);
  afterAll(() => world?.stop());

  it.each(DRIVERS[dialect.name === 'PostgreSQL' ? 'PostgreSQL' : 'MySQL'] ?? [])('$name', async ({ connect, mixes }) => {
    const client = await connect(proxy.url());
    const decided = async (text: string, decision: 'approve' | 'deny'): Promise<unknown> => {
      const rows = client.rows(text);
      rows.catch(() => {}); // looked at below
      await proxy.decide((await proxy.pending(new RegExp(text.slice(0, 30)))).id, decision);
      return rows;
    };
    expect(await client.rows('select id from n where id < 100')).toHaveLength(100);
    expect(await decided('select id from n where id < 500', 'approve')).toHaveLength(500);
    await expect(decided('select id from n where id < 600', 'deny')).rejects.toThrow(/was denied by sam@example.com/);
    if (mixes !== true) expect(await client.rows('select id from n where id < 3')).toHaveLength(3);
    await client.end();
  });
});
