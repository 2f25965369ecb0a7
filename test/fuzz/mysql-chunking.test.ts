/** However the bytes of a MySQL conversation are cut into chunks, the answers and what reached the database are the same. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Capability } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { commands, values } from '../mysql/scripted.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { MysqlWireClient, query } from '../support/mysql-wire.ts';
import { AGENT_PASSWORD, startTestProxy, type TestProxy } from '../support/proxy.ts';

let server: TestMysql;
let proxy: TestProxy;
beforeAll(async () => {
  server = await startMysql({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop');
  await server.query('create table t (id int primary key, name text); insert into t select seq, repeat(\'x\', seq * 40) from seq_1_to_30; create table c (id int)', [], 'shop');
  proxy = await startTestProxy({ upstream: { url: `mysql://app@${server.host}:${server.port}/shop`, password: 'upstream' } });
}, 60_000);
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

const CONVERSATION = Buffer.concat([
  query('select id, name from t order by id'), query('drop table t'), commands.of(Command.Ping), query('begin'), query('insert into c values (1)'), query('insert into c values (2); select 1; select 1 from nowhere'),
  query('rollback'), query('set sql_mode = \'ANSI_QUOTES\''), query('select "id" from t where id = 3'), query(`select length('${'y'.repeat(9000)}')`),
  query('insert into c values (3)'), commands.of(Command.InitDb, Buffer.from('mysql')), query('select database()'), commands.of(Command.ResetConnection), query('select "id"'),
  commands.prepare('select ? as given'), commands.execute(0xffff_ffff, [values.text('z'.repeat(300))]), commands.statement(Command.StmtReset, 0xffff_ffff), commands.execute(77), commands.of(Command.Debug), commands.of(Command.Quit),
]);

async function replay(cuts: readonly number[], flags: number): Promise<unknown> {
  await server.query('truncate c', [], 'shop');
  const client = await MysqlWireClient.login({ port: proxy.port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', flags });
  try {
    const answers = client.untilEnd();
    for (let at = 0, turn = 0; at < CONVERSATION.length; turn++) {
      const size = cuts[Math.min(turn, cuts.length - 1)] ?? 1;
      client.socket.write(CONVERSATION.subarray(at, at + size));
      at += size;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { packets: (await answers).map(({ sequence, payload }) => `${sequence} ${withoutNumber(payload).toString('latin1')}`), rows: await server.query('select id from c', [], 'shop') };
  } finally {
    client.destroy();
  }
}

/** COM_STMT_PREPARE_OK without the statement's number, which MariaDB counts for all sessions. */
function withoutNumber(payload: Buffer): Buffer {
  return payload[0] === 0 && payload.length === 12 ? Buffer.from(payload).fill(0, 1, 5) : payload;
}

const RUNS = Number(process.env['COUNTERSIGN_FUZZ_RUNS'] ?? 6);

describe.each([['with DEPRECATE_EOF', Capability.DeprecateEof | Capability.MultiStatements], ['without, and with session tracking', Capability.MultiStatements | Capability.SessionTrack]] as const)('%s', (_, flags) => {
  it('a conversation means the same in any chunking', async () => {
    const whole = await replay([1 << 20], flags) as { packets: string[]; rows: unknown[] };
    expect(whole.rows).toEqual([{ id: 3 }]);
    expect(whole.packets.filter((packet) => packet.includes('refused by policy'))).toHaveLength(1);
    expect(await replay([7], flags)).toEqual(whole);
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 60 });
    await fc.assert(fc.asyncProperty(cuts, async (sizes) => {
      expect(await replay(sizes, flags)).toEqual(whole);
    }), { numRuns: RUNS, endOnFailure: true });
  }, 120_000);

  it('and byte by byte', async () => {
    expect(await replay([1], flags)).toEqual(await replay([1 << 20], flags));
  }, 120_000);
});
