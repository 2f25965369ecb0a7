/** What real servers' marks say of changes that others make. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeMark } from '../../src/mysql/change-mark.ts';
import type { ChangeMark } from '../../src/protocol/change-mark.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';

describe.each(testedFlavours())('%s', (flavour) => {
  let server: TestMysql;
  let mark: ChangeMark;
  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop; CREATE TABLE shop.customers (id INT PRIMARY KEY, name TEXT, email TEXT); CREATE VIEW shop.seen AS SELECT id, name FROM shop.customers');
    const upstream = { host: server.host, port: server.port, user: 'app', database: 'shop' };
    mark = changeMark({ database: { name: 'shop', protocol: 'mysql', upstream, tls: { mode: 'disable' } }, password: () => Promise.resolve('upstream'), authorities: () => Promise.resolve(undefined) });
  }, 120_000);
  afterAll(async () => {
    await mark?.close();
    await server?.stop();
  });

  it.each([
    'ALTER TABLE shop.customers CHANGE name called TEXT', 'CREATE OR REPLACE VIEW shop.seen AS SELECT id, email AS called FROM shop.customers', 'RENAME TABLE shop.customers TO shop.clients',
    'CREATE FUNCTION shop.f() RETURNS INT DETERMINISTIC RETURN 1', 'CREATE TABLE shop.other (id INT)', 'DROP VIEW shop.seen',
  ])('%s', async (change) => {
    const before = await mark.read();
    await server.query(change);
    expect(await mark.read()).not.toBe(before);
  });

  it('rows and statistics leave it as it is', async () => {
    const before = await mark.read();
    for (const text of ['INSERT INTO shop.other VALUES (1), (2)', 'DELETE FROM shop.other', 'ANALYZE TABLE shop.other']) await server.query(text);
    expect(await mark.read()).toBe(before);
  });

  it('a connection that was ended is opened again', async () => {
    const before = await mark.read();
    for (const { id } of await server.query<{ id: number }>('SELECT id FROM information_schema.processlist WHERE user = \'app\'')) await server.query(`KILL ${id}`);
    await mark.read().catch(() => 'ended');
    expect(await mark.read()).toBe(before);
  });
});
