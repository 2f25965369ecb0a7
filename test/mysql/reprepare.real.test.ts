/** Prepared statements of real drivers while policies, tables and default databases change under them. */

import { createConnection as mariadbConnection, type Connection as MariadbConnection } from 'mariadb';
import { createConnection as mysql2Connection, type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Command } from '../../src/mysql/packets/commands.ts';
import type { PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import type { MysqlWireClient } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD } from '../support/proxy.ts';
import { type MaskedShop, startMaskedShop } from './masked-policy.ts';
import { commands, values } from './scripted.ts';

const BY_ID = 'select id, name, email from customers where id = ?';

describe.each(testedFlavours())('before %s', (flavour) => {
  let shop: MaskedShop;
  let mysql2: Connection;
  let mariadb: MariadbConnection;
  beforeAll(async () => {
    shop = await startMaskedShop(flavour);
  }, 120_000);
  afterAll(() => shop?.stop());
  beforeEach(async () => {
    await shop.mask();
    mysql2 = await mysql2Connection({ uri: shop.proxy.url() });
    mariadb = await mariadbConnection({ host: '127.0.0.1', port: shop.proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', pipelining: true });
  });
  afterEach(async () => {
    await mysql2.end();
    await mariadb.end();
  });

  /** As both drivers run it: each prepares it once. */
  const both = async (text: string, parameters: readonly unknown[] = []): Promise<unknown[]> => {
    const [rows] = await mysql2.execute(text, parameters as string[]);
    const others = [...(await mariadb.execute<unknown[]>(text, parameters))];
    expect(others).toEqual(rows);
    return rows as unknown[];
  };
  const prepares = async (): Promise<number> => (await shop.server.arrived()).filter(({ command }) => command === 'Prepare').length;
  const prepared = async (client: MysqlWireClient, text: string): Promise<number> => {
    client.send(commands.prepare(text));
    return ((await client.prepared()) as PrepareOk).statementId;
  };

  it('each execution shows what is masked by then, and is prepared anew only once for it', async () => {
    expect(await both(BY_ID, [1])).toEqual([{ id: 1, name: 'ann', email: 'ann@example.com' }]);
    await shop.mask('customers.email');
    const before = await prepares();
    for (let run = 0; run < 3; run++) expect(await both(BY_ID, [1])).toEqual([{ id: 1, name: 'ann', email: '***' }]);
    expect(await prepares()).toBe(before + 2);
    await shop.mask('customers.name', 'customers.email');
    expect(await both(BY_ID, [2])).toEqual([{ id: 2, name: '***', email: '***' }]);
    await shop.mask();
    expect(await both(BY_ID, [2])).toEqual([{ id: 2, name: 'bob', email: 'bob@example.org' }]);
    expect(await prepares()).toBe(before + 6);
  });

  it('what the policy forbids by then neither runs nor is prepared', async () => {
    const text = 'select id from customers where email like ?';
    expect(await both(text, ['ann%'])).toEqual([{ id: 1 }]);
    await shop.mask('customers.email');
    const before = await prepares();
    const running = mysql2.execute(text, ['ann%']).then(() => 0, ({ errno }: { errno: number }) => errno);
    const { id } = await shop.proxy.pending(text);
    expect(await prepares()).toBe(before);
    await shop.proxy.decide(id, 'deny');
    expect(await running).toBe(1227);
    expect(await prepares()).toBe(before);
  });

  it('what changes its type must be prepared again, as the client is told', async () => {
    const text = 'select score from customers where id = ?';
    const client = await shop.wire();
    const old = await prepared(client, text);
    await shop.mask('customers.score');
    client.send(commands.execute(old, [values.long(1)]));
    expect((await client.answer(true)).error).toMatchObject({ errno: 1615 });
    const fresh = await prepared(client, text);
    client.send(commands.execute(fresh, [values.long(1)]), commands.execute(old, [values.long(1)]));
    expect((await client.answer(true)).rows).toHaveLength(1);
    expect((await client.answer(true)).error).toMatchObject({ errno: 1615 });
    await shop.mask();
    client.send(commands.execute(old, [values.long(1)]));
    expect((await client.answer(true)).rows[0]?.[0]).toBe('\0\0\0\0\xc0\x3f');
  });

  it('a table that was changed through the proxy is masked as it is then', async () => {
    await shop.mask('people.email');
    const text = 'select name, email from people where id = 1';
    const star = 'select * from people where id = 1';
    expect(await both(text)).toEqual([{ name: 'ann', email: '***' }]);
    expect(await both(star)).toEqual([{ id: 1, name: 'ann', email: '***' }]);
    const before = await prepares();
    await mysql2.query('alter table people add column phone varchar(20) default \'none\'');
    expect(await both(text)).toEqual([{ name: 'ann', email: '***' }]);
    expect(await prepares()).toBe(before + 2);
    await expect(mysql2.execute(star)).rejects.toMatchObject({ errno: 1615 });
    await shop.server.query('alter table people change email mail varchar(80)', [], 'shop');
    await mysql2.query('alter table orders comment = \'read again\'');
    await expect(mysql2.execute(text)).rejects.toMatchObject({ errno: 1054 });
    await shop.mask('people.mail');
    expect(await both('select name, mail from people where id = 1')).toEqual([{ name: 'ann', mail: '***' }]);
  });

  it('names mean what they meant where it was prepared, whatever the default database is by then', async () => {
    const text = 'select o.note, c.email from orders o join customers c on c.id = o.customer_id where o.id = ?';
    // (MariaDB's connector prepares again by itself in another default database.)
    const rows = async (): Promise<unknown> => (await mysql2.execute(text, [1]))[0];
    expect(await rows()).toEqual([{ note: 'first', email: 'ann@example.com' }]);
    await mysql2.query('use other');
    expect(await rows()).toEqual([{ note: 'first', email: 'ann@example.com' }]);
    await shop.mask('customers.email');
    expect(await rows()).toEqual([{ note: 'first', email: '***' }]);
    expect((await mysql2.query('select note, database() as db from orders'))[0]).toEqual([{ note: 'elsewhere', db: 'other' }]);
    await mysql2.query('use shop');
    expect(await rows()).toEqual([{ note: 'first', email: '***' }]);
    await mysql2.query('use other');
    await shop.mask();
    expect(await rows()).toEqual([{ note: 'first', email: 'ann@example.com' }]);
    expect((await mysql2.query('select name from customers'))[0]).toEqual([{ name: 'other' }]);
  });

  it('executions that are sent one behind the other are answered in order', async () => {
    const texts = [BY_ID, 'select name from customers where id = ?', 'select note from orders where id = ?'];
    for (const text of texts) await mariadb.execute(text, [1]);
    await shop.mask('customers.email');
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => mariadb.execute<Record<string, unknown>[]>(texts[index % 3] as string, [index % 3 + 1])));
    expect(answers.map((rows) => [...rows])).toEqual(Array.from({ length: 60 }, (_, index) => [[{ id: 1, name: 'ann', email: '***' }], [{ name: 'bob' }], [{ note: 'third' }]][index % 3]));
    await shop.mask();
    const client = await shop.wire();
    const [first, second] = [await prepared(client, BY_ID), await prepared(client, 'select email from customers where id = ?')];
    await shop.mask('customers.email');
    client.send(
      commands.execute(first, [values.long(1)]), commands.of(Command.Ping), commands.execute(second, [values.long(2)]), commands.query('select 7'), commands.execute(first, [values.long(2)], { typed: false }),
      commands.statement(Command.StmtClose, first), commands.execute(second, [values.long(1)]), commands.execute(first, [values.long(1)]),
    );
    const answersOf: unknown[] = [];
    for (const binary of [true, false, true, false, true, true, true]) {
      const { rows, error } = await client.answer(binary);
      answersOf.push(error?.errno ?? rows.map(([cell]) => cell?.replaceAll(/[^\x20-\x7e]/g, '.')));
    }
    expect(answersOf).toEqual([['.......ann.***'], [], ['...***'], ['7'], ['.......bob.***'], ['...***'], 1243]);
  });

  it('values sent ahead, and cursors, go with it', async () => {
    const client = await shop.wire();
    const id = await prepared(client, 'select id, name, email from customers where name <> ? order by id');
    await shop.mask('customers.email');
    client.send(commands.statement(Command.StmtSendLongData, id, Buffer.from('\0\0bob')), commands.execute(id, [[252, Buffer.alloc(0)]], { cursor: true }));
    expect(await client.answer(true)).toMatchObject({ rows: [] });
    client.send(commands.statement(Command.StmtFetch, id, Buffer.from([1, 0, 0, 0])));
    const rows = [...await client.fetched()];
    client.send(commands.statement(Command.StmtFetch, id, Buffer.from([9, 0, 0, 0])));
    rows.push(...await client.fetched());
    expect(rows.map((row) => row.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.'))).toEqual(['.......ann.***', expect.stringMatching(/cy$/)]);
    client.send(commands.statement(Command.StmtReset, id));
    expect((await client.answer()).error).toBeUndefined();
  });
});
