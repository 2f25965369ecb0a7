/** COM_CHANGE_USER on real sessions: the session begins anew, for the same agent only, and nothing slips in between. */

import mariadb from 'mariadb';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachingSha2Verifier, nativeVerifier } from '../../src/config/verifier.ts';
import { cachingSha2Response, sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import { decodeAuthSwitchRequest, Plugin } from '../../src/mysql/packets/auth.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { decodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES, packets } from '../../src/mysql/packets/frame.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { startDoor, type TestDoor } from '../support/mysql-door.ts';
import { MysqlPeer, RESPONSE } from '../support/mysql-peer.ts';

const PASSWORD = 'agent password';
const agent = (name: string, verifier: string) => `{ name: ${name}, verifier: "${verifier}", owner: dana@example.com, databases: [shop] }`;
const AGENTS = [agent('sha2', cachingSha2Verifier(sha256Twice(PASSWORD))), agent('native', nativeVerifier(sha1Twice(PASSWORD))), agent('other', cachingSha2Verifier(sha256Twice('other')))];

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let door: TestDoor;
  beforeAll(async () => {
    server = await startMysql({ flavour, users: [{ name: 'app', password: 'upstream' }] });
    await server.query('CREATE DATABASE shop; CREATE DATABASE elsewhere; CREATE TABLE shop.t (id INT)');
    door = await startDoor({ upstream: { host: server.host, port: server.port, user: 'app', password: 'upstream' }, agents: AGENTS });
  }, 120_000);
  afterAll(async () => {
    await door?.stop();
    await server?.stop();
  });

  const open = (user = 'sha2'): Promise<Connection> => createConnection({ host: '127.0.0.1', port: door.port, user, password: PASSWORD, database: 'shop' });
  const state = async (connection: Connection) => (await connection.query('SELECT DATABASE() AS d, @x AS x, @@character_set_client AS c, @@sql_mode LIKE \'%ANSI_QUOTES%\' AS ansi'))[0];

  it.each(['sha2', 'native'])('by mysql2, as %s, what was set is gone', async (user) => {
    const connection = await open(user);
    await connection.query('SET @x = 1');
    await connection.query('SET SESSION sql_mode = \'ANSI_QUOTES\'');
    await connection.query('CREATE TEMPORARY TABLE temporary_one (id INT)');
    await connection.query('USE elsewhere');
    expect(await state(connection)).toEqual([{ d: 'elsewhere', x: 1, c: 'utf8mb4', ansi: 1 }]);
    for (const charset of ['LATIN1_SWEDISH_CI', 'UTF8MB4_GENERAL_CI']) {
      await connection.changeUser({ user, password: PASSWORD, database: 'shop', charset });
      expect(await state(connection)).toEqual([{ d: 'shop', x: null, c: charset.startsWith('LATIN1') ? 'latin1' : 'utf8mb4', ansi: 0 }]);
    }
    await expect(connection.query('SELECT * FROM temporary_one')).rejects.toMatchObject({ errno: 1146 });
    await connection.end();
  });

  // To servers that call themselves MySQL it doesn't send the command.
  it.runIf(flavour === 'mariadb')('by the mariadb connector', async () => {
    const connection = await mariadb.createConnection({ host: '127.0.0.1', port: door.port, user: 'sha2', password: PASSWORD, database: 'shop' });
    await connection.query('SET @x = 1');
    await connection.changeUser({ user: 'sha2', password: PASSWORD, database: 'shop' });
    expect(await connection.query('SELECT DATABASE() AS d, @x AS x')).toMatchObject([{ d: 'shop', x: null }]);
    await connection.end();
  });

  it('to another agent, even with the right password, or with a wrong one, is refused', async () => {
    for (const wrong of [{ user: 'other', password: 'other' }, { user: 'sha2', password: 'wrong' }]) {
      const connection = await open();
      connection.on('error', () => undefined);
      await expect(connection.changeUser({ ...wrong, database: 'shop' })).rejects.toMatchObject({ errno: 1045 });
      await expect(connection.query('SELECT 1')).rejects.toThrow();
      connection.destroy();
    }
  });

  const logIn = async (): Promise<MysqlPeer> => {
    const peer = await MysqlPeer.connect(door.port);
    peer.respond({ authResponse: cachingSha2Response(PASSWORD, peer.greeting.scramble) });
    await peer.packet();
    expect((await peer.packet())?.[HEADER_BYTES]).toBe(0);
    return peer;
  };
  const change = packets(0, new PacketWriter().int1(Command.ChangeUser).cstring('sha2').int1(0).cstring('shop').int2(RESPONSE.collation).cstring(Plugin.CachingSha2).take());
  const insert = packets(0, Buffer.from('\x03INSERT INTO t VALUES (1)'));

  it('its packets are numbered through, and commands begin again at 0', async () => {
    const peer = await logIn();
    peer.send(packets(0, Buffer.of(Command.Ping))).send(change);
    expect((await peer.packet())?.[3]).toBe(1);
    const asked = await peer.packet() as Buffer;
    const { data } = decodeAuthSwitchRequest(asked.subarray(HEADER_BYTES));
    peer.send(packets(2, cachingSha2Response(PASSWORD, data.subarray(0, 20))));
    const rest = [await peer.packet(), await peer.packet()] as Buffer[];
    expect([asked, ...rest].map((packet) => [packet[3], packet[HEADER_BYTES]])).toEqual([[1, 0xfe], [3, 1], [4, 0]]);
    peer.send(packets(0, Buffer.of(Command.Ping)));
    expect((await peer.packet())?.[3]).toBe(1);
    peer.socket.destroy();
  });

  it('refused, it ends the connection, and nothing behind it runs', async () => {
    const toOther = packets(0, new PacketWriter().int1(Command.ChangeUser).cstring('other').int1(0).cstring('shop').int2(RESPONSE.collation).cstring(Plugin.CachingSha2).take());
    const elsewhere = packets(0, new PacketWriter().int1(Command.ChangeUser).cstring('sha2').int1(0).cstring('elsewhere').int2(RESPONSE.collation).cstring(Plugin.CachingSha2).take());
    const broken = packets(0, Buffer.of(Command.ChangeUser));
    for (const [refused, errno] of [[toOther, 1045], [elsewhere, 1044], [broken, 1835]] as const) {
      const peer = await logIn();
      peer.send(Buffer.concat([packets(0, Buffer.of(Command.Ping)), refused, insert]));
      const answers = [await peer.packet(), await peer.packet()] as Buffer[];
      expect(answers.map((packet) => [packet[3], packet[HEADER_BYTES]])).toEqual([[1, 0], [1, 0xff]]);
      expect(decodeErr((answers[1] as Buffer).subarray(HEADER_BYTES)).errno).toBe(errno);
      expect(await peer.packet()).toBeUndefined();
    }
    const wrong = await logIn();
    wrong.send(change);
    await wrong.packet();
    wrong.send(packets(2, Buffer.alloc(32)));
    const last = await wrong.packet() as Buffer;
    expect([last[3], decodeErr(last.subarray(HEADER_BYTES)).errno]).toEqual([3, 1045]);
    expect(await wrong.packet()).toBeUndefined();
    expect(await server.query('SELECT * FROM shop.t')).toEqual([]);
  });

  it('a command in the place of the answer, or ahead of it, ends the connection and never runs', async () => {
    for (const sent of [Buffer.concat([change, insert]), Buffer.concat([change, packets(2, Buffer.alloc(32)), insert])]) {
      const peer = await logIn();
      peer.send(sent);
      for (let packet = await peer.packet(); packet !== undefined; packet = await peer.packet()) if (packet[HEADER_BYTES] === 0xff) expect(decodeErr(packet.subarray(HEADER_BYTES)).errno).not.toBe(0);
    }
    const late = await logIn();
    late.send(change);
    await late.packet();
    late.send(insert);
    while ((await late.packet()) !== undefined);
    expect(await server.query('SELECT * FROM shop.t')).toEqual([]);
  });
});
