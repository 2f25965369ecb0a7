/** What only MySQL and MariaDB have: prepared statements by number, cursors, readings that change, KILL, several results; on real servers. */

import { createConnection as mariadbConnection } from 'mariadb';
import { createConnection as mysql2Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Capability, MariaDbCapability } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { packets } from '../../src/mysql/packets/frame.ts';
import type { PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import { commands, values } from '../mysql/scripted.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { MysqlWireClient, type MysqlWireLogin, query } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy, TEST_POLICY } from '../support/proxy.ts';
import { eventually } from './world.ts';

const SCHEMA = `create table t (id int primary key, name text); insert into t values (1, 'a'), (2, 'b'), (3, 'c');
create database other; create table other.t (id int); create table \`secret\` (v text); insert into secret values ('s3cret');
create procedure two() begin select 1 as a; select 2 as b; end;
create procedure blind() set session_track_system_variables = '', session_track_schema = off;
create table watched (id int); create trigger blinds before insert on watched for each row begin set session_track_system_variables = 'character_set_client'; set session_track_schema = off; end;
create table other.only_there (id int)`;

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let server: TestMysql;
  let proxy: TestProxy;
  const clients: MysqlWireClient[] = [];
  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }], generalLog: true, settings: { max_allowed_packet: '64M', local_infile: true } });
    await server.query('create database shop');
    for (const statement of SCHEMA.split(/;\s*\n/)) await server.query(statement, [], 'shop');
    proxy = await startTestProxy({
      upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' }, extra: 'limits: { statement: 40MiB }\n',
      policy: `${TEST_POLICY.replace('routine, dynamic', 'dynamic')}  - { name: procedures, effects: [routine], then: allow }
  - { name: secrets, effects: [read], tables: [shop.secret], then: deny }
`,
    });
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await proxy?.stop();
    await server?.stop();
  });

  const agent = async (options: Partial<MysqlWireLogin> = {}): Promise<MysqlWireClient> => {
    const client = await MysqlWireClient.login({ port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', ...options });
    clients.push(client);
    return client;
  };
  const prepared = async (client: MysqlWireClient, sql: string): Promise<PrepareOk> => {
    client.send(commands.prepare(sql));
    return (await client.prepared()) as PrepareOk;
  };
  const arrived = async (text: string): Promise<number> => (await server.arrived()).filter((each) => each.text.includes(text)).length;

  describe.each([['with', Capability.DeprecateEof], ['without', 0]] as const)('%s DEPRECATE_EOF', (_, eof) => {
    const flags = Capability.MultiStatements | Capability.MultiResults | eof;

    it('results of all kinds come through', async () => {
      const client = await agent({ flags });
      expect((await client.query('select id from t order by id; select 1 where 1 = 0; insert into t values (9, null); delete from t where id = 9')).rows).toEqual([['1'], ['2'], ['3']]);
      expect((await client.query('call two()')).rows).toEqual([['1'], ['2']]);
      expect((await client.query('selec 1')).error).toMatchObject({ errno: 1064 });
      expect((await client.query('select nothing from t')).error).toMatchObject({ errno: 1054 });
      expect((await client.query('')).error).toBeDefined();
      expect((await client.query('select repeat(\'x\', 20000000)')).rows[0]?.[0]).toHaveLength(20_000_000);
      client.send(commands.of(Command.Ping), commands.of(Command.SetOption, Buffer.of(1, 0)), commands.of(Command.ProcessInfo));
      for (const what of ['ping', 'option']) expect((await client.answer()).error, what).toBeUndefined();
      // MySQL 9 knows it no more, and says so itself.
      expect((await client.answer()).error?.errno).toBe(flavour === 'mysql' ? 1047 : undefined);
      client.destroy();
    }, 60_000);

    it('a prepared statement runs with each execution\'s values, and from a cursor in portions', async () => {
      const client = await agent({ flags });
      const { statementId } = await prepared(client, 'select name from t where id >= ? order by id');
      client.send(commands.execute(statementId, [values.long(2)]));
      expect((await client.answer(true)).rows).toHaveLength(2);
      client.send(commands.execute(statementId, [values.long(1)], { cursor: true }));
      const opened = await client.answer(true);
      expect(opened).toMatchObject({ rows: [] });
      client.destroy();
    });
  });

  it('rows are fetched from a cursor that was let through', async () => {
    const connection = await mysql2Connection({ uri: proxy.url() });
    try {
      const client = await agent();
      const { statementId } = await prepared(client, 'select id from t order by id');
      client.send(commands.execute(statementId, [], { cursor: true }));
      await client.answer(true);
      client.send(commands.statement(Command.StmtFetch, statementId, Buffer.from([2, 0, 0, 0])));
      const packetsOfFetch = [];
      client.send(commands.statement(Command.StmtClose, statementId), commands.of(Command.Quit));
      for (const { payload } of await client.untilEnd()) packetsOfFetch.push(payload[0]);
      expect(packetsOfFetch).toEqual([0, 0, 0xfe]);
    } finally {
      await connection.end();
    }
  });

  it('a value sent ahead is shown, and bound to the approval', async () => {
    const client = await agent();
    const { statementId } = await prepared(client, 'delete from t where name = ? or true');
    client.send(commands.statement(Command.StmtSendLongData, statementId, Buffer.concat([Buffer.of(0, 0), Buffer.from('sent ')])), commands.statement(Command.StmtSendLongData, statementId, Buffer.concat([Buffer.of(0, 0), Buffer.from('ahead')])));
    client.send(packets(0, new PacketWriter().int1(Command.StmtExecute).int4(statementId).int1(0).int4(1).int1(0).int1(1).int2(252).take()));
    const answer = client.answer();
    const first = await Promise.race([answer, proxy.pending(/delete from t where name/)]);
    if ('id' in first) {
      expect(first['parameters']).toEqual(['sent ahead']);
      await proxy.decide(first.id, 'deny');
    }
    const { error } = await answer;
    expect(error === undefined || error.errno === 1227).toBe(true);
    await server.query('replace into t values (1, \'a\'), (2, \'b\'), (3, \'c\')', [], 'shop');
    client.destroy();
  });

  describe('what a text means by now', () => {
    it('is judged by the sql_mode that a statement before it in the pipeline has set', async () => {
      const client = await agent();
      client.send(query('set sql_mode = \'ANSI_QUOTES\''), query('select v from "secret"'));
      expect((await client.answer()).error).toBeUndefined();
      expect((await client.answer()).error).toMatchObject({ errno: 1227 });
      client.destroy();
    });

    it('is judged by the sql_mode that was set when a procedure has turned off what tells of it', async () => {
      const client = await agent();
      client.send(query('call blind()'), query('set sql_mode = \'ANSI_QUOTES\''), query('select v from "secret"'));
      expect((await client.answer()).error).toBeUndefined();
      expect((await client.answer()).error).toBeUndefined();
      expect((await client.answer()).error).toMatchObject({ errno: 1227 });
      expect((await client.query('select 1')).rows).toEqual([['1']]);
      client.destroy();
    });

    it.each([
      ['a trigger nobody sees', 'insert into watched values (1)'],
      ['a driver that adds to what is told to everybody', 'set session_track_system_variables = concat(@@global.session_track_system_variables, \',auto_increment_increment\')'],
      ['a value that is NULL', 'set session_track_system_variables = concat(@@session_track_system_variables, null)'],
      ['what was prepared', 'prepare blinds from \'set session_track_system_variables = concat(@@session_track_system_variables, null)\'; execute blinds'],
    ])('is judged by what was set when %s has turned off what tells of it', async (_, blind) => {
      for (const sets of ['set sql_mode = \'ANSI_QUOTES\'', 'set names utf8mb4, sql_mode = \'ANSI_QUOTES\'', 'prepare sets from \'set sql_mode = "ANSI_QUOTES"\'; execute sets']) {
        const client = await agent();
        client.send(query(blind), query(sets), query('select v from "secret"'));
        await client.answer();
        await client.answer();
        expect((await client.answer()).error, sets).toMatchObject({ errno: 1227 });
        client.destroy();
      }
      const client = await agent();
      client.send(query(blind), query('use other'), query('use shop'), query('select v from secret'), query('use other'), query('select * from only_there'));
      const answers = [];
      for (let left = 6; left > 0; left--) answers.push((await client.answer()).error?.errno);
      expect(answers.slice(1)).toEqual([undefined, undefined, 1227, undefined, undefined]);
      client.destroy();
    });

    it('is not asked for while the server tells, and what a driver has it tell beside goes on', async () => {
      const client = await agent();
      const asked = (): Promise<number> => arrived('@@SESSION.sql_mode');
      const before = await asked();
      for (const text of ['set names latin1', 'set names utf8mb4', 'set sql_mode = @@sql_mode', 'set sql_mode = \'ANSI\', time_zone = \'+01:00\'', 'use other', 'use shop', 'set foreign_key_checks = 0', 'set @x = 1', 'select 1']) expect((await client.query(text)).error).toBeUndefined();
      expect(await asked()).toBe(before);
      for (let round = 0; round < 3; round++) {
        await client.query('set session_track_system_variables = concat(@@global.session_track_system_variables, \',auto_increment_increment\')');
        await client.query('set sql_mode = \'\'');
        await client.query('select 1');
      }
      const [[tells = ''] = []] = (await client.query('select @@session_track_system_variables')).rows;
      expect(tells?.split(',')).toEqual(expect.arrayContaining(['sql_mode', 'character_set_client', 'auto_increment_increment', 'time_zone']));
      await client.query('call blind()');
      await client.query('select 1');
      await client.query('call two()');
      const [[again = ''] = []] = (await client.query('select @@session_track_system_variables')).rows;
      expect(again?.length).toBeLessThan(200);
      client.destroy();
    });

    it.each(['\'*\'', '\'\'', '\'SQL_MODE, time_zone,autocommit, lc_time_names\''])('is known when everybody is told of %s', async (value) => {
      const before = await server.query<{ v: string }>('select @@global.session_track_system_variables as v');
      await server.query(`set global session_track_system_variables = ${value}`);
      const client = await agent();
      client.send(commands.of(Command.ResetConnection), query('select 1'), query('set sql_mode = \'ANSI_QUOTES\''), query('select v from "secret"'));
      const answers = [];
      for (let left = 4; left > 0; left--) answers.push((await client.answer()).error?.errno);
      expect(answers).toEqual([undefined, undefined, undefined, 1227]);
      client.destroy();
      await server.query('set global session_track_system_variables = ?', [before[0]?.v]);
    });

    it('is not judged any more in a character set that text nobody saw has set', async () => {
      const client = await agent();
      await client.query('set @text = \'set names gbk\'');
      client.send(query('prepare foreign_letters from @text'), query('execute foreign_letters'), query('select 5'));
      for (const text of ['prepare foreign_letters from @text', 'execute foreign_letters']) await proxy.decide((await proxy.pending(text)).id, 'approve');
      expect((await client.answer()).error).toBeUndefined();
      const [last, ...more] = await client.untilEnd();
      expect(last?.sequence).toBe(1);
      expect(last?.payload.toString('latin1')).toContain('character_set_client became gbk');
      expect(more).toEqual([]);
      expect(await arrived('select 5')).toBe(0);
    });

    it('can\'t be changed under a prepared statement, which the server would read again', async () => {
      const client = await agent();
      const { statementId } = await prepared(client, 'select ?, "v" from t');
      client.send(query('set sql_mode = \'ANSI_QUOTES\''));
      await client.answer();
      client.send(commands.execute(statementId, [values.text('x')]));
      expect((await client.answer()).error).toMatchObject({ errno: 1615 });
      client.destroy();
    });

    it('is judged in the database that USE or COM_INIT_DB has chosen', async () => {
      const client = await agent();
      client.send(query('use other'), query('select v from secret'), commands.of(Command.InitDb, Buffer.from('shop')), query('select v from secret'), query('select id from t where id = 1'));
      expect((await client.answer()).error).toBeUndefined();
      expect((await client.answer()).error).toMatchObject({ errno: 1146 });
      expect((await client.answer()).error).toBeUndefined();
      expect((await client.answer()).error).toMatchObject({ errno: 1227 });
      expect((await client.answer()).rows).toEqual([['1']]);
      client.destroy();
    });

    it('is asked anew when the connection begins anew', async () => {
      const client = await agent();
      client.send(query('set sql_mode = \'ANSI_QUOTES\''), commands.of(Command.ResetConnection), query('select "secret"'), query('set sql_mode = \'ANSI_QUOTES\''), query('select v from "secret"'));
      const answers = [];
      for (let left = 5; left > 0; left--) answers.push(await client.answer());
      expect(answers.map(({ rows, error }) => error?.errno ?? rows[0]?.[0] ?? 'ok')).toEqual(['ok', 'ok', 'secret', 'ok', 1227]);
      client.destroy();
    });

    it('in a character set whose bytes may be quotes is never read', async () => {
      const client = await agent();
      expect((await client.query('set names gbk')).error).toMatchObject({ errno: 1227 });
      expect((await client.query('select 1')).rows).toEqual([['1']]);
      client.destroy();
    });

    it('what PREPARE has named is judged when it is executed', async () => {
      const client = await agent();
      await client.query('prepare p from \'select id from t where id = 1\'');
      expect((await client.query('execute P')).rows).toEqual([['1']]);
      expect((await client.query('prepare é from \'select v from secret\'; execute e')).error).toMatchObject({ errno: 1227 });
      await client.query('prepare drops from \'select 1\'');
      client.destroy();
    });
  });

  describe('KILL', () => {
    it('ends another session of the same agent, by our number or the server\'s', async () => {
      for (const by of ['ours', 'theirs']) {
        const [victim, killer] = [await agent(), await agent()];
        const theirs = Number((await victim.query('select connection_id()')).rows[0]?.[0]);
        expect(theirs).not.toBe(victim.connectionId);
        expect((await killer.query(`kill ${by === 'ours' ? victim.connectionId : theirs}`)).error).toBeUndefined();
        await victim.untilEnd();
        killer.destroy();
      }
    });

    it('reaches nobody else\'s session, and tells nothing of it', async () => {
      const [victim, killer] = [await agent({ user: 'writer' }), await agent()];
      const theirs = Number((await victim.query('select connection_id()')).rows[0]?.[0]);
      for (const number of [victim.connectionId, theirs, 1, 4_000_000_000]) {
        expect((await killer.query(`kill query ${number}`)).error).toMatchObject({ errno: 1094 });
        expect((await killer.query(`kill ${number}`)).error).toMatchObject({ errno: 1094 });
      }
      killer.send(commands.of(Command.ProcessKill, Buffer.from(Uint32Array.of(victim.connectionId).buffer)));
      expect((await killer.answer()).error).toMatchObject({ errno: 1094 });
      expect((await killer.query('kill connection_id()')).error).toMatchObject({ errno: 1227 });
      expect((await victim.query('select 1')).rows).toEqual([['1']]);
      expect(await arrived('kill')).toBe(0);
      for (const client of [victim, killer]) client.destroy();
    });
  });

  it('a statement of more than 16 MiB is judged whole', async () => {
    const client = await agent();
    client.send(query(`select length('${'x'.repeat(17_000_000)}')`));
    expect((await client.answer(false, 2)).rows).toEqual([['17000000']]);
    client.send(query(`select length('${'x'.repeat(17_000_000)}'); drop table t`));
    expect((await client.answer(false, 2)).error).toMatchObject({ errno: 1227 });
    expect((await client.query('select count(*) from t')).rows).toEqual([['3']]);
    client.destroy();
  }, 60_000);

  it('commands that can\'t be judged are refused, and the connection goes on', async () => {
    const client = await agent();
    for (const command of [Command.BinlogDump, Command.RegisterSlave, Command.Shutdown, Command.Debug, Command.DropDb, Command.Refresh, 0x77]) {
      client.send(commands.of(command, Buffer.from('t')));
      expect((await client.answer()).error).toMatchObject({ errno: 1235 });
    }
    expect((await client.query('select 1')).rows).toEqual([['1']]);
    client.destroy();
  });

  describe('LOAD DATA LOCAL', () => {
    const flags = Capability.LocalFiles | Capability.DeprecateEof;
    const load = 'load data local infile \'rows.csv\' into table t fields terminated by \',\'';

    it('brings in the client\'s file, in which nothing is a command', async () => {
      const client = await agent({ flags });
      client.send(query(load));
      expect((await client.answer(false, 1, ['50,x\n51,', 'y\n', '\x03drop table t\n'])).affected).toEqual([3]);
      expect((await client.query('select name from t where id >= 50 order by id')).rows).toEqual([['x'], ['y']]);
      expect((await client.query('delete from t where id >= 50 or id = 0')).error).toBeUndefined();
      expect(await arrived('drop table t')).toBe(0);
      client.destroy();
    });

    it('is no file of a client that didn\'t agree to it', async () => {
      const client = await agent();
      expect((await client.query(load)).error).toBeDefined();
      expect((await client.query('select 1')).rows).toEqual([['1']]);
      client.destroy();
    });

    it('that the client leaves in the middle ends its session', async () => {
      const client = await agent({ flags });
      const before = proxy.proxy.registry.size;
      const asked = new Promise((resolve) => client.socket.once('data', resolve));
      client.send(query(load));
      await asked;
      client.socket.end();
      await eventually(() => proxy.proxy.registry.size < before, 'the session ends');
    });
  });

  it('mysql2 and its pool work unchanged', async () => {
    const connection = await mysql2Connection({ uri: proxy.url(), multipleStatements: true });
    try {
      await connection.beginTransaction();
      expect((await connection.execute('select name from t where id = ?', [2]))[0]).toEqual([{ name: 'b' }]);
      expect((await connection.query('select 1 as a; select 2 as b'))[0]).toEqual([[{ a: 1 }], [{ b: 2 }]]);
      await connection.rollback();
      await connection.reset();
      expect((await connection.query('select database() as d'))[0]).toEqual([{ d: 'shop' }]);
    } finally {
      await connection.end();
    }
  });

  it('MariaDB\'s connector works unchanged, pipelined and in bulk', async () => {
    const { port } = proxy;
    const connection = await mariadbConnection({ host: '127.0.0.1', port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', bulk: true, multipleStatements: true, allowPublicKeyRetrieval: true });
    try {
      const all = await Promise.all([1, 2, 3].map((id) => connection.query<{ name: string }[]>('select name from t where id = ?', [id])));
      expect(all.map(([row]) => row?.name)).toEqual(['a', 'b', 'c']);
      expect(await connection.execute('select name from t where id = ?', [3])).toEqual([{ name: 'c' }]);
      await connection.batch('insert into t values (?, ?)', [[10, 'x'], [11, 'y'], [12, null]]);
      expect(await connection.query('select name from t where id > 9 order by id')).toEqual([{ name: 'x' }, { name: 'y' }, { name: null }]);
      await connection.query('delete from t where id > 9');
    } finally {
      await connection.end();
    }
  });

  if (flavour === 'mariadb') {
    it('a MariaDB client that asked for progress is shown that it waits, and keeps step', async () => {
      const client = await agent({ flags: Capability.DeprecateEof, extended: MariaDbCapability.Progress });
      client.send(query('create table progressed (id int)'));
      const { id } = await proxy.pending('create table progressed (id int)');
      await proxy.decide(id, 'approve');
      client.send(commands.of(Command.Quit));
      const all = await client.untilEnd();
      expect(all.map(({ sequence, payload }) => [sequence, payload[0]])).toEqual([[1, 0xff], [2, 0]]);
      expect(all[0]?.payload.toString('latin1')).toContain(id);
    });
  }

  it('leaves no session behind', async () => {
    for (const client of clients) client.destroy();
    await eventually(() => proxy.proxy.registry.size === 0, 'all sessions end');
  });
});
