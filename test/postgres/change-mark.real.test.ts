/** What a real server's mark says of changes that others make. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeMark } from '../../src/postgres/change-mark.ts';
import type { ChangeMark } from '../../src/protocol/change-mark.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { eventually } from '../scenarios/world.ts';

let server: TestPostgres;
let mark: ChangeMark;
beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create table customers (id int primary key, name text, email text); create view seen as select id, name from customers; insert into customers values (1)');
  const { host, port } = server;
  mark = changeMark({ database: { name: 'shop', protocol: 'postgres', upstream: { host, port, user: 'app', database: 'postgres' }, tls: { mode: 'disable' } }, password: () => Promise.resolve('upstream'), authorities: () => Promise.resolve(undefined) });
}, 120_000);
afterAll(async () => {
  await mark?.close();
  await server?.stop();
});

it.each([
  'alter table customers rename column name to called', 'create or replace view seen as select id, email::text as name from customers where false union all select id, called from customers',
  'create table child () inherits (customers)', 'alter table customers rename to clients', 'create function f() returns int language sql as \'select 1\'', 'alter table clients add column age int', 'drop view seen',
])('%s', async (change) => {
  const before = await mark.read();
  await server.query(change);
  await eventually(async () => (await mark.read()) !== before, 'another mark');
});

it('rows, statistics and vacuums leave it as it is', async () => {
  await server.query('insert into clients select n from generate_series(2, 10000) n');
  const before = await mark.read();
  await server.query('delete from clients where id > 5');
  for (const text of ['analyze clients', 'vacuum clients']) await server.query(text);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // a session counts when a second has passed since it did
  expect(await mark.read()).toBe(before);
});

it('a connection that was ended is opened again', async () => {
  const before = await mark.read();
  await server.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = \'app\'');
  await mark.read().catch(() => 'ended');
  expect(await mark.read()).toBe(before);
});
