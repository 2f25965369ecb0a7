import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';

let server: TestPostgres;
let proxy: TestProxy;

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop owner app');
  proxy = await startTestProxy({ upstream: { url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
});

afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

async function withClient<T>(act: (client: pg.Client, notices: string[]) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: proxy.url() });
  const notices: string[] = [];
  client.on('notice', (notice) => notices.push(notice.message ?? ''));
  await client.connect();
  try {
    return await act(client, notices);
  } finally {
    await client.end();
  }
}

describe('a held statement', () => {
  it('runs once a person has approved it, and the agent is told meanwhile', async () => {
    await withClient(async (client, notices) => {
      const running = client.query('create table approved (id int)');
      const request = await proxy.pending('create table approved (id int)');
      expect(await server.query(`select 1 from pg_tables where tablename = 'approved'`, [], 'shop')).toEqual([]);
      await proxy.decide(request.id, 'approve');
      await running;
      expect(notices[0]).toContain(request.id);
      expect((await client.query('select count(*)::int as n from approved')).rows).toEqual([{ n: 0 }]);
    });
  });

  it('is refused when a person denies it, and the connection goes on', async () => {
    await withClient(async (client) => {
      const refused = expect(client.query('create table denied (id int)')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('not today') as string });
      const request = await proxy.pending('create table denied (id int)');
      await proxy.decide(request.id, 'deny', { reason: 'not today' });
      await refused;
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(await server.query(`select 1 from pg_tables where tablename = 'denied'`, [], 'shop')).toEqual([]);
    });
  });
});
