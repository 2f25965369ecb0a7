/** Hostile clients and dying databases, by MySQL's protocol: each costs its own session and no other. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packets } from '../../src/mysql/packets/frame.ts';
import { commands } from '../mysql/scripted.ts';
import { eventually } from '../scenarios/world.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { MysqlWireClient, query } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';

let server: TestMysql;
let proxy: TestProxy;
beforeAll(async () => {
  server = await startMysql({ users: [{ name: 'app', password: 'upstream' }], generalLog: true });
  await server.query('create database shop');
  await server.query('create table t (id int primary key)', [], 'shop');
  proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
}, 60_000);
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

const agent = (): Promise<MysqlWireClient> => MysqlWireClient.login({ port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });

describe('a client that sends', () => {
  it.each([
    ['random bytes', () => randomBytes(5000)],
    ['random payloads', () => Buffer.concat(Array.from({ length: 50 }, () => packets(0, randomBytes(30))))],
    ['a wrong sequence id', () => packets(7, Buffer.from('\x03drop table t'))],
    ['half a packet', () => query('drop table t').subarray(0, 9)],
    ['commands of every number', () => Buffer.concat(Array.from({ length: 256 }, (_, command) => command).filter((command) => command !== 1).map((command) => commands.of(command, randomBytes(8))))],
    ['lengths that lie in an execution', () => commands.statement(0x17, 1, randomBytes(40))],
    ['a packet of 16 MiB without end', () => Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0]), Buffer.alloc(1_000_000, 3)])],
  ])('%s costs nobody else anything, and nothing of it runs', async (_, bytes) => {
    const other = await agent();
    const client = await agent();
    client.socket.write(bytes());
    client.socket.end();
    await client.untilEnd();
    expect((await other.query('select 1')).rows).toEqual([['1']]);
    other.destroy();
    client.destroy();
    await eventually(() => proxy.proxy.registry.size === 0, 'all sessions end');
    expect((await server.arrived()).filter(({ text }) => text.includes('drop'))).toEqual([]);
  }, 60_000);

  it('nonsense in the place of a login is turned away', async () => {
    for (const bytes of [randomBytes(3000), Buffer.alloc(100), Buffer.from([0xff, 0xff, 0xff, 1])]) {
      const socket = connect({ port: proxy.port, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.resume();
      socket.write(bytes);
      socket.end();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const client = await agent();
    expect((await client.query('select 1')).rows).toEqual([['1']]);
    client.destroy();
  });
});

describe('a client that sends megabytes behind a held statement', () => {
  it('is made to wait, and costs others nothing', async () => {
    const client = await agent();
    client.send(query('create table flooded (id int)'));
    const { id } = await proxy.pending('create table flooded (id int)');
    const chunk = query(`select length('${'x'.repeat(60_000)}')`);
    for (let index = 0; index < 500; index++) client.socket.write(chunk);
    const other = await agent();
    expect((await other.query('select 1')).rows).toEqual([['1']]);
    other.destroy();
    expect(client.socket.writableLength).toBeGreaterThan(10_000_000);
    await proxy.decide(id, 'approve');
    expect((await client.answer()).error).toBeUndefined();
    for (let index = 0; index < 500; index++) expect((await client.answer()).rows).toEqual([['60000']]);
    client.destroy();
  }, 60_000);
});

describe('a database that dies', () => {
  it('ends its sessions with a word, and what ran is on record as lost', async () => {
    const [running, idle] = [await agent(), await agent()];
    running.send(query('select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c'));
    await eventually(async () => (await server.arrived()).some(({ text }) => text.includes('columns c')), 'it runs');
    await server.kill('SIGKILL');
    const words = [...(await running.untilEnd()), ...(await idle.untilEnd())].map(({ payload }) => payload.toString('latin1')).join();
    expect(words).toMatch(/closed the connection|shutdown/i);
    await eventually(() => proxy.proxy.registry.size === 0, 'all sessions end');
    await eventually(async () => (await proxy.journal()).some(({ event }) => event.kind === 'outcome' && event.error?.code === 'connection_lost'), 'the outcome');
    await server.restart();
    await eventually(async () => {
      const client = await agent().catch(() => undefined);
      const answer = await client?.query('select 1').catch(() => undefined);
      client?.destroy();
      return answer?.rows.length === 1;
    }, 'it is served again', 30_000);
  }, 60_000);
});
