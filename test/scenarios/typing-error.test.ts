import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';

let server: TestPostgres;
let proxy: TestProxy;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres({ version: 'system', users: [{ name: 'app', password: 'upstream' }], settings: { log_statement: 'all' } });
  await server.query('create database shop owner app');
  proxy = await startTestProxy({ upstream: { url: `postgres://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
  client = new pg.Client({ connectionString: proxy.url() });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await proxy?.stop();
  await server?.stop();
});

const pending = async () => (await proxy.call<{ requests: unknown[] }>('/api/v1/requests?state=pending')).requests;

describe('text that is no SQL', () => {
  it('is answered at once as the server would answer it, and nobody is asked', async () => {
    await expect(client.query('selekt 1')).rejects.toMatchObject({ code: '42601', position: '1', message: expect.stringContaining('selekt') as string });
    await expect(client.query({ text: 'select 1 +', values: [] })).rejects.toMatchObject({ code: '42601' });
    await expect(client.query('select 1; drop tabel x')).rejects.toMatchObject({ code: '42601' });
    expect(await pending()).toEqual([]);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('aborts an open transaction, as any error does', async () => {
    await client.query('begin');
    await expect(client.query('selekt 2')).rejects.toMatchObject({ code: '42601' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
  });

  it('is recorded as refused', async () => {
    const records = await proxy.journal();
    expect(records.map(({ event }) => event)).toContainEqual(expect.objectContaining({ kind: 'statement', text: 'selekt 1', fate: 'refused', code: 'syntax_error' }));
  });
});

describe('text that only an older server takes', () => {
  it('is held: the proxy doesn\'t understand it, but the server would run it', async (context) => {
    if (Number.parseInt(server.version, 10) > 15) context.skip(`PostgreSQL ${server.version} doesn't take it either; 15 does`);
    // SYSTEM_USER became a reserved word in 16.
    const held = client.query('create table only15 (system_user int)');
    const request = await proxy.pending('create table only15 (system_user int)');
    expect(await server.query(`select 1 from pg_tables where tablename = 'only15'`, [], 'shop')).toEqual([]);
    await proxy.decide(request.id, 'approve');
    await held;
    expect(await server.query(`select 1 as one from pg_tables where tablename = 'only15'`, [], 'shop')).toEqual([{ one: 1 }]);
  });
});
