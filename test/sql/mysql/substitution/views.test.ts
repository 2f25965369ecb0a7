/** Views over tables with masked columns, through a proxy: their definitions stand in their places, so that no index on a masked column decides in which order rows come. */

import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedFlavours } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import type { TestMysql } from '../../../support/mysql.ts';
import { AGENT_PASSWORD, startTestProxy } from '../../../support/proxy.ts';
import type { TestProxy } from '../../../support/proxy.ts';

const POLICY = `version: 1
default: deny
sensitive:
  - { columns: [people.email, plain.secret], mask: redact }
rules:
  - { name: all, effects: [read, insert, update, delete, transaction, session, lock, notify], then: allow }
`;

/** By email, and by either index, rows come in the opposite order of their keys. */
const MADE: readonly string[] = [
  'create table people (id int primary key, name varchar(40), kind varchar(9), email varchar(80), key by_email (email), key by_kind (kind, email))',
  "insert into people values (1, 'Ann', 'a', 'z@example.com'), (2, 'Bob', 'a', 'y@example.com'), (3, 'Cy', 'b', 'x@example.com')",
  'create table plain (id int primary key, n int, secret varchar(20))', "insert into plain values (1, 7, 's'), (2, 8, 't')",
  'create view ids as select id from people', 'create view kinds as select id, kind from people', "create view some (key_of, label) as select id, concat(name, '!') from people where kind <> 'x'",
  'create view both_of as select p.id, x.n from people p left join plain x on x.id = p.id', 'create view above as select i.id, s.label from ids i join some s on s.key_of = i.id',
  'create view united as select id from people union all select id from plain', 'create view grouped as select kind, count(*) as how_many from people group by kind',
  'create view sorted_ids as select id from people order by name', 'create view sorted_plain as select id, n from plain order by n', "create view liked as select id from people where name like 'A%'", 'create view mails as select id, email from people',
  'create definer = narrow sql security definer view of_narrow as select id from people', 'create algorithm = temptable view computed as select id from people',
  'create definer = narrow sql security definer view who as select id, current_user() as me from people',
];

describe.each(testedFlavours())('a real %s', { timeout: 60_000 }, (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  let agent: Connection;
  let direct: Connection;

  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query("create database shop character set utf8mb4; create user narrow identified by 'x'; grant select on shop.* to narrow");
    for (const text of MADE) await server.query(text, [], 'shop');
    proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, policy: POLICY });
    agent = await createConnection({ host: '127.0.0.1', port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
    direct = await createConnection({ uri: server.urlFor({ database: 'shop' }) });
  }, 60_000);
  afterAll(async () => {
    for (const connection of [agent, direct]) connection?.destroy();
    await proxy?.stop();
    await server?.stop();
  });

  const rows = async (connection: Connection, sql: string): Promise<unknown> => (await connection.query({ sql, rowsAsArray: true }))[0];

  it.each([
    'select upper(label), key_of + 1 from some order by key_of', 'select * from some order by 1', 'select * from both_of order by id', 'select x.label from above as x order by x.id', 'select above.* from above join ids on shop.ids.id = above.id order by above.id',
    'select count(*), max(id) from united', 'select * from united order by id', 'select * from grouped order by kind', 'select n + 1 from sorted_plain', 'select k.kind, l.n from kinds k left join both_of l on l.id = k.id and l.n > 7 order by k.id',
    'select (select max(label) from some), 1', 'with w as (select * from ids) select * from w order by id', "select * from some where label = 'Ann!'",
  ])('answers as a connection without a proxy does: %s', async (sql) => {
    expect(await rows(agent, sql)).toEqual(await rows(direct, sql));
    expect((await agent.execute({ sql, rowsAsArray: true }))[0]).toEqual((await direct.execute({ sql, rowsAsArray: true }))[0]);
  });

  it.each(['select id from ids', 'select id, kind from kinds', 'select kind, id from kinds where kind = \'a\'', 'select id from of_narrow', 'select id from above', 'select upper(key_of) from some', 'select id from united limit 3'])('rows come by what isn\'t masked: %s', async (sql) => {
    expect(JSON.stringify(await rows(agent, sql)).replaceAll(/[^123]/g, '')).toMatch(/^12(?:3|$)/);
  });

  it('masks stay', async () => {
    expect(await rows(agent, 'select * from mails order by id')).toEqual([[1, '***'], [2, '***'], [3, '***']]);
  });

  it.each(['select id from sorted_ids', 'select id from who', ...(flavour === 'mariadb' ? ['select id from computed'] : []), 'select id from ids for update'])('what can\'t be read by its definition isn\'t read where an index tells: %s', async (sql) => {
    await expect(rows(agent, sql)).rejects.toThrow(/index by_email of shop\.people might give its rows in the order of masked values; select from its tables instead/);
  });

  it('a sql_mode that reads definitions otherwise', async () => {
    const other = await createConnection({ host: '127.0.0.1', port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop' });
    await other.query("set sql_mode = 'ANSI_QUOTES'");
    expect(await rows(other, 'select "id" from ids')).toEqual([[1], [2], [3]]);
    await other.query("set sql_mode = 'PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'");
    expect(await rows(other, 'select id from ids')).toEqual([[1], [2], [3]]);
    await expect(rows(other, 'select id from liked')).rejects.toThrow(/might give its rows in the order/);
    expect(await rows(other, 'select n from sorted_plain')).toEqual([[7], [8]]);
    await other.end();
  });

  it('plans show no masked value', async () => {
    expect(JSON.stringify(await rows(agent, 'explain format=json select * from mails'))).not.toMatch(/example\.com/);
  });
});
