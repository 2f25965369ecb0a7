/** Budgets of rows, where MySQL and MariaDB give rows in ways of their own: in binary, from cursors, in packets of 16 MiB, in several results. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Command } from '../../src/mysql/packets/commands.ts';
import type { PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { commands, values } from '../mysql/scripted.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { MysqlWireClient, query } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy, TEST_POLICY } from '../support/proxy.ts';

const SCHEMA = [
  'create table n (id int primary key, pad varchar(1000))',
  'insert into n with recursive g (i) as (select 0 union all select i + 1 from g where i < 999) select i, repeat(\'x\', 1000) from g',
  'create table secrets (id int primary key, name varchar(40))', 'insert into secrets select id, concat(\'secret \', id) from n where id < 200',
  'create table copied (id int primary key)',
];

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  let client: MysqlWireClient;
  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], settings: { max_allowed_packet: '64M' } });
    await server.query('create database shop');
    for (const statement of SCHEMA) await server.query(statement, [], 'shop');
    proxy = await startTestProxy({
      upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' },
      policy: `${TEST_POLICY}  - { name: large, effects: [read], tables: [n, secrets], rows_over: 100, then: hold, approvers: [dba], within: 100s }
sensitive:
  - { columns: [secrets.name], mask: constant, value: hidden }
`,
    });
  }, 120_000);
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    client = await MysqlWireClient.login({ port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
    return () => client.destroy();
  });

  const decide = async (text: RegExp, decision: 'approve' | 'deny'): Promise<void> => proxy.decide((await proxy.pending(text)).id, decision);
  const alive = async (): Promise<void> => expect((await client.query('select 42')).rows).toEqual([['42']]);
  const prepare = async (sql: string): Promise<number> => {
    client.send(commands.prepare(sql));
    return ((await client.prepared()) as PrepareOk).statementId;
  };

  it.each(['approve', 'deny'] as const)('rows of an execution count, and an approval is bound to its values: %s', async (decision) => {
    const id = await prepare('select id, pad from n where id >= ? order by id');
    client.send(commands.execute(id, [values.long(0)]));
    const answer = client.answer(true);
    const request = await proxy.pending(/id >= \?/);
    expect(request['parameters']).toEqual(['0']);
    await proxy.decide(request.id, decision);
    const { rows, error } = await answer;
    expect(rows).toHaveLength(decision === 'deny' ? 100 : 1000);
    expect(error?.errno).toBe(decision === 'deny' ? 1227 : undefined);
    client.send(commands.execute(id, [values.long(950)]));
    expect((await client.answer(true)).rows).toHaveLength(50);
    await alive();
  });

  it('rows fetched from a cursor count together', async () => {
    const id = await prepare('select id from n order by id');
    const fetch = (rows: number): void => client.send(commands.statement(Command.StmtFetch, id, Buffer.from([rows, 0, 0, 0])));
    client.send(commands.execute(id, [], { cursor: true }));
    await client.answer(true);
    fetch(60);
    expect(await client.fetched()).toHaveLength(60);
    fetch(60);
    const fetched = client.fetched();
    await decide(/order by id/, 'approve');
    expect(await fetched).toHaveLength(60);
    fetch(200);
    expect(await client.fetched()).toHaveLength(200);
    await alive();
  });

  it('masked rows are counted, and masked', async () => {
    client.send(query('select id, name from secrets order by id'));
    await decide(/secrets/, 'approve');
    const { rows } = await client.answer();
    expect(rows).toHaveLength(200);
    expect(rows.every(([, name]) => name === 'hidden')).toBe(true);
  });

  it('of several results the rows count together, and none behind is heard of', async () => {
    client.send(query('select id from n where id < 60; select id from n where id < 60; select 7'));
    await decide(/select 7/, 'deny');
    const { rows, error } = await client.answer();
    expect(rows).toHaveLength(100);
    expect(error?.errno).toBe(1227);
    await alive();
  });

  it('where the database was done with more than the client can be told, the connection ends', async () => {
    client.send(query('select id from n where id < 101; insert into copied values (1)'));
    await decide(/insert into copied/, 'deny');
    const packets = await client.untilEnd();
    expect(packets.at(-1)?.payload.toString('latin1')).toContain('it had run by then');
  });

  it('a row of more than 16 MiB waits as any other', async () => {
    client.send(query('select id, if(id < 100, pad, repeat(pad, 17000)) from n where id < 102 order by id -- large'));
    await decide(/-- large/, 'approve');
    const { rows } = await client.answer();
    expect(rows.map(([, pad]) => pad?.length)).toEqual([...Array.from({ length: 100 }, () => 1000), 17_000_000, 17_000_000]);
    client.send(query('select id, if(id < 100, pad, repeat(pad, 17000)) from n where id < 102 order by id -- denied'));
    await decide(/-- denied/, 'deny');
    expect((await client.answer()).rows).toHaveLength(100);
    await alive();
  });

  it('the server waits for as long as people may', async () => {
    const patience = async (): Promise<unknown> => (await client.query('select @@session.net_write_timeout')).rows[0]?.[0];
    expect(await patience()).toBe('160');
    client.send(commands.of(Command.ResetConnection));
    await client.answer();
    expect(await patience()).toBe('160');
  });
});
