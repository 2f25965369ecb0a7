/** What the door, the upstream and the questions asked beside a session are for, through the whole proxy. */

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { MysqlWireClient } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';
import { commands } from './scripted.ts';

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  const open = (agent?: string): Promise<Connection> => createConnection(proxy.url(agent));
  const upstream = () => ({ url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' });

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop; CREATE TABLE shop.t (id INT)');
    proxy = await startTestProxy({ upstream: upstream() });
  }, 120_000);
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });

  it('a typing error is answered by the database itself', async () => {
    const connection = await open();
    await expect(connection.query('SELEC 1')).rejects.toMatchObject({ errno: 1064, sqlState: '42000', message: expect.stringContaining('near \'SELEC 1\' at line 1') as string });
    expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await connection.end();
  });

  it('a session that is killed stops what it runs at the database', async () => {
    const connection = await open();
    connection.on('error', () => undefined);
    const sleeping = connection.query('SELECT SLEEP(60)').then(() => 'slept', (error: Error) => error.message);
    const running = async (): Promise<number> => (await server.query<{ n: number }>('SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE \'SELECT SLEEP(60%\''))[0]?.n ?? 0;
    // SLEEP isn't vetted: it waits for an approval first.
    const held = await Promise.race([proxy.pending('SELECT SLEEP(60)'), sleeping]);
    if (typeof held !== 'string') await proxy.decide(held.id, 'approve');
    await expect.poll(running, { timeout: 10_000 }).toBe(1);
    const { sessions } = await proxy.call<{ sessions: { id: string; agent: string }[] }>('/api/v1/sessions');
    for (const { id } of sessions) await proxy.call(`/api/v1/sessions/${id}`, { as: 'dana', method: 'DELETE' });
    expect(await sleeping).not.toBe('slept');
    await expect.poll(running, { timeout: 10_000 }).toBe(0);
  });

  it('whoever fails to say again who it is loses the connection, and the journal knows', async () => {
    for (const wrong of [{ user: 'writer', password: 'agent password' }, { user: 'reporter', password: 'wrong' }]) {
      const connection = await open();
      connection.on('error', () => undefined);
      await expect(connection.changeUser({ ...wrong, database: 'shop' })).rejects.toMatchObject({ errno: 1045 });
      await expect(connection.query('SELECT 1')).rejects.toThrow();
      await expect.poll(() => proxy.journal(), { timeout: 5_000 }).toContainEqual(expect.objectContaining({ event: expect.objectContaining({ kind: 'session.end', reason: expect.stringContaining(`Access denied for user '${wrong.user}'`) as string }) as object }));
      connection.destroy();
    }
  });

  it('the journal knows who failed to log in', async () => {
    await expect(createConnection({ uri: proxy.url('nobody') })).rejects.toMatchObject({ errno: 1045 });
    expect(await proxy.journal()).toContainEqual(expect.objectContaining({ event: expect.objectContaining({ kind: 'login.refused', agent: 'nobody', database: 'shop', code: 'login_refused' }) as object }));
  });

  it('a file is brought in by a statement that the policy lets import, and by no other', async () => {
    await server.query('SET GLOBAL local_infile = ON');
    const importing = await startTestProxy({ upstream: upstream() });
    const connection = await createConnection({ uri: importing.url(), flags: ['+LOCAL_FILES'] });
    await connection.query({ sql: 'LOAD DATA LOCAL INFILE \'ids\' INTO TABLE t', infileStreamFactory: () => Readable.from([Buffer.from('7\n8\n'), Buffer.from('9\n')]) });
    expect((await connection.query('SELECT COUNT(*) AS n, SUM(id) AS s FROM t'))[0]).toMatchObject([{ n: 3, s: expect.anything() as unknown }]);
    expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
    await connection.end();
    const without = await createConnection({ uri: importing.url(), flags: ['-LOCAL_FILES'] });
    await expect(without.query({ sql: 'LOAD DATA LOCAL INFILE \'ids\' INTO TABLE t', infileStreamFactory: () => Readable.from([Buffer.from('7\n')]) })).rejects.toMatchObject({ errno: expect.any(Number) as number });
    expect((await without.query('SELECT COUNT(*) AS n FROM t'))[0]).toEqual([{ n: 3 }]);
    await without.end();
    await importing.stop();
  });

  it('a database that is called otherwise at the server is told by that name to who says USE with ours', async () => {
    await server.query('CREATE DATABASE shop_prod');
    await server.query('CREATE USER narrow@\'%\' IDENTIFIED BY \'upstream\'; GRANT ALL ON shop_prod.* TO narrow@\'%\'');
    const renamed = await startTestProxy({ upstream: { url: `mysql://narrow@${server.host}:${server.port}/shop_prod`, password: 'upstream' } });
    try {
      const client = await MysqlWireClient.login({ port: renamed.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
      for (const command of [commands.query('USE shop'), commands.of(Command.InitDb, Buffer.from('shop'))]) {
        client.send(command);
        const { error } = await client.answer();
        expect(error?.errno).toBe(1044);
        expect(error?.message).toContain('to database \'shop\'. The database you connect to as \'shop\' is schema \'shop_prod\' at the server: say USE `shop_prod`');
      }
      expect((await client.query('USE shop_prod')).error).toBeUndefined();
      client.destroy();
      const connection = await createConnection(renamed.url());
      await connection.changeUser({ user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
      expect((await connection.query('SELECT DATABASE() AS d'))[0]).toEqual([{ d: 'shop_prod' }]);
      await connection.end();
    } finally {
      await renamed.stop();
    }
  });

  it('explain tells what a statement would do there', async () => {
    const told = await explain('DELETE FROM t', { config: join(proxy.dir, 'countersign.yaml'), agent: 'reporter', database: 'shop' });
    expect(told).toContain('shop.t');
    expect(told).toContain('verdict  hold (rule unbounded)');
  });

  it('a database that is down when the proxy starts is refused with a clear error until it is there, and then used', async () => {
    await server.kill();
    const early = await startTestProxy({ upstream: upstream() });
    try {
      await expect(createConnection(early.url())).rejects.toMatchObject({ message: expect.stringContaining('couldn\'t be reached by the proxy so far') as string });
      await server.restart();
      const ask = async (): Promise<unknown> => {
        const connection = await createConnection(early.url());
        const [rows] = await connection.query('SELECT 1 AS one');
        await connection.end();
        return rows;
      };
      await expect.poll(() => ask().catch(() => undefined), { timeout: 20_000, interval: 300 }).toEqual([{ one: 1 }]);
    } finally {
      await early.stop();
    }
  }, 60_000);
});
