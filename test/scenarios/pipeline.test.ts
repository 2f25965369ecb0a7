/** Pipelines, COPY and holds as raw messages: drivers send these in every order, and nobody may lose step. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialize } from 'pg-protocol';
import { AGENT_PASSWORD } from '../support/proxy.ts';
import { frames, WireClient } from '../support/wire.ts';
import { ScramClient } from '../support/wire-login.ts';
import { eventually, startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    schema: 'create table t (id int primary key); insert into t select generate_series(1, 10); create table c (a int, b text)',
    postgres: { settings: { log_statement: 'all' } },
  });
});
afterAll(() => world?.stop());

const p = (text: string, ...values: string[]) => [frames.parse({ text, types: [] }), frames.bind({ values }), frames.execute({})];
const alive = async (client: WireClient) => {
  expect(await client.query('select 42 as alive')).toContain('B DataRow "42"');
  client.destroy();
};

describe('an error in a segment that was only flushed', () => {
  it('makes the server skip, and us, until Sync', async () => {
    const client = await world.agent();
    client.send(...p('select 1/0'), frames.flush());
    await client.until('ErrorResponse');
    client.send(...p('select 1'), frames.flush(), frames.query('select 2'), ...p('select 3'), frames.sync());
    expect(await client.until('ReadyForQuery')).toEqual(['B ReadyForQuery I']);
    await alive(client);
  });

  it('does so for messages that were on their way already', async () => {
    const client = await world.agent();
    client.send(...p('select 1/0'), frames.flush(), ...p('select 1'), frames.flush(), frames.query('select 2'), frames.sync());
    await client.until('ErrorResponse');
    expect(await client.until('ReadyForQuery')).toEqual(['B ReadyForQuery I']);
    await alive(client);
  });
});

describe('a refusal', () => {
  it('lets what is before it in the segment run, and skips what follows', async () => {
    const client = await world.agent();
    client.send(...p('select 1'), ...p('drop table t'), ...p('select 3'), frames.sync());
    expect((await client.until('ReadyForQuery')).map((line) => line.slice(0, 40))).toEqual([
      'B ParseComplete', 'B BindComplete', 'B DataRow "1"', 'B CommandComplete "SELECT 1"', 'B ParseComplete', expect.stringContaining('B ErrorResponse'), 'B ReadyForQuery I',
    ]);
    await alive(client);
  });

  it('behind Flush is told at once, and skips until Sync', async () => {
    const client = await world.agent();
    client.send(...p('drop table t'), frames.flush());
    expect((await client.until('ErrorResponse')).at(-1)).toContain('refused by policy');
    client.send(...p('select 1'), frames.sync());
    expect(await client.until('ReadyForQuery')).toEqual(['B ReadyForQuery I']);
    await alive(client);
  });

  it('aborts an open transaction, in both protocols', async () => {
    const client = await world.agent();
    await client.query('begin');
    expect((await client.query('drop table t')).at(-1)).toBe('B ReadyForQuery E');
    expect((await client.query('select 1'))[0]).toContain('25P02');
    expect((await client.query('rollback')).at(-1)).toBe('B ReadyForQuery I');
    await client.query('begin');
    client.send(...p('drop table t'), frames.sync());
    expect((await client.until('ReadyForQuery')).at(-1)).toBe('B ReadyForQuery E');
    await client.query('rollback');
    await alive(client);
  });

  it('waits its turn while earlier statements are under way', async () => {
    const client = await world.agent();
    client.send(frames.query('select 1'), frames.query('drop table t'), ...p('select 2'), frames.sync(), ...p('drop table t'), frames.sync(), frames.query('select 3'));
    const lines: string[] = [];
    for (let i = 0; i < 5; i++) lines.push(...(await client.until('ReadyForQuery')));
    expect(lines.filter((line) => /DataRow|ErrorResponse/.test(line)).map((line) => line.slice(0, 15))).toEqual(['B DataRow "1"', 'B ErrorResponse', 'B DataRow "2"', 'B ErrorResponse', 'B DataRow "3"']);
    await alive(client);
  });

  it('of a Query inside an open segment keeps step', async () => {
    const client = await world.agent();
    client.send(...p('select 1'), frames.query('drop table t'), ...p('select 2'), frames.sync());
    await client.until('ReadyForQuery');
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "2"');
    await alive(client);
  });
});

describe('COPY', () => {
  it('is followed when EXECUTE runs one that the protocol prepared', async () => {
    const client = await world.agent();
    client.send(frames.parse({ name: 'hidden', text: 'copy c from stdin', types: [] }), frames.sync());
    await client.until('ReadyForQuery');
    // To the server the second Query ends the COPY, and is swallowed; what comes behind it runs.
    client.send(frames.query('execute hidden'), frames.query('select 7 as seven'), ...p('select 8'), frames.sync());
    await client.until('ErrorResponse');
    await client.until('ReadyForQuery');
    expect(await client.until('ReadyForQuery')).toEqual(['B ParseComplete', 'B BindComplete', 'B DataRow "8"', 'B CommandComplete "SELECT 1"', 'B ReadyForQuery I']);
    await alive(client);
  });

  const rows = async (): Promise<number> => Number((await world.sql('select count(*) as n from c'))[0]?.['n']);

  it('in by the extended protocol: the Sync sent with it is swallowed, the one behind it answered', async () => {
    const client = await world.agent();
    const before = await rows();
    client.send(...p('copy c from stdin'), frames.sync());
    await client.until('CopyInResponse');
    client.send(frames.copyData(Buffer.from('1\tx\n')), frames.copyDone(), frames.sync());
    expect(await client.until('ReadyForQuery')).toEqual(['B CommandComplete "COPY 1"', 'B ReadyForQuery I']);
    expect(await rows()).toBe(before + 1);
    await alive(client);
  });

  it('in without waiting for the server: data and all in one write', async () => {
    const client = await world.agent();
    const before = await rows();
    client.send(frames.query('copy c from stdin; copy c from stdin'), frames.copyData(Buffer.from('1\tx\n')), frames.copyDone(), frames.copyData(Buffer.from('2\ty\n')), frames.copyDone(), frames.query('select 5'));
    await client.until('ReadyForQuery');
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "5"');
    expect(await rows()).toBe(before + 2);
    await alive(client);
  });

  it('interrupted by a Query: the Query is swallowed, and names are not mixed up', async () => {
    const client = await world.agent();
    await client.query('prepare z as select 1');
    client.send(frames.query('copy c from stdin'), frames.copyData(Buffer.from('1\tx\n')), frames.query('prepare zz as select 2'));
    await client.until('ErrorResponse');
    await client.until('ReadyForQuery');
    expect(await client.query('select 3')).toContain('B DataRow "3"');
    client.send(frames.bind({ statement: 'zz' }), frames.execute({}), frames.sync());
    expect((await client.until('ReadyForQuery'))[0]).toContain('26000');
    await alive(client);
  });

  it('that fails by bad data, with more data, Done and Sync behind it', async () => {
    const client = await world.agent();
    client.send(...p('copy c from stdin'), frames.sync());
    await client.until('CopyInResponse');
    client.send(frames.copyData(Buffer.from('nonsense\n')), frames.copyData(Buffer.from('2\ty\n')), frames.copyDone(), frames.sync());
    const lines = await client.until('ReadyForQuery');
    expect(lines[0]).toContain('B ErrorResponse');
    await alive(client);
  });

  it('that the client gives up', async () => {
    const client = await world.agent();
    client.send(frames.query('copy c from stdin'));
    await client.until('CopyInResponse');
    client.send(frames.copyData(Buffer.from('1\tx\n')), frames.copyFail('changed my mind'));
    expect((await client.until('ReadyForQuery'))[0]).toContain('changed my mind');
    await alive(client);
  });

  it('that its client leaves in the middle ends the session: nobody else could send the rest', async () => {
    const client = await world.agent();
    const before = world.proxy.proxy.registry.size;
    client.send(frames.query('copy c from stdin'));
    await client.until('CopyInResponse');
    client.send(frames.copyData(Buffer.from('1\tx\n')));
    client.socket.end();
    await eventually(() => world.proxy.proxy.registry.size < before, 'the session ends');
  });

  it('that is refused: its data goes nowhere', async () => {
    const client = await world.agent();
    client.send(frames.query('drop table t; copy c from stdin'), frames.copyData(Buffer.from('1\tx\n')), frames.copyDone(), frames.query('select 6'));
    await client.until('ReadyForQuery');
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "6"');
    await alive(client);
  });

  it('out, held until approved, in a pipeline', async () => {
    const client = await world.agent();
    client.send(...p('copy (select 7) to stdout'), ...p('select 8'), frames.sync());
    await client.until('NoticeResponse');
    const request = await world.proxy.pending(/copy \(select 7\)/);
    await world.proxy.decide(request.id, 'approve');
    const lines = await client.until('ReadyForQuery');
    expect(lines).toContain('B CopyData "7\\n"');
    expect(lines).toContain('B DataRow "8"');
    await alive(client);
  });
});

describe('a hold', () => {
  const reached = async (text: string): Promise<boolean> => {
    const { readFileSync } = await import('node:fs');
    return readFileSync(world.server.logFile, 'utf8').includes(text);
  };

  it('behind flushed messages is announced, and nothing of its own part is sent before', async () => {
    const client = await world.agent();
    client.send(...p('select 1'), frames.flush(), frames.parse({ text: 'create table flushed (id int)', types: [] }), frames.bind({}), frames.execute({}), frames.sync());
    await client.until('NoticeResponse');
    const request = await world.proxy.pending('create table flushed (id int)');
    expect(request['transaction']).toMatchObject({ open: true });
    expect(await reached('flushed')).toBe(false);
    await world.proxy.decide(request.id, 'approve');
    expect(await client.until('ReadyForQuery')).toContain('B CommandComplete "CREATE TABLE"');
    await alive(client);
  });

  it('behind a part of a segment of more than 1 MiB does not wait for replies that only Sync brings', async () => {
    const client = await world.agent();
    const filler = Array.from({ length: 12 }, () => p('select length($1::text)', 'x'.repeat(100_000))).flat();
    client.send(...filler, ...p('create table big_segment (id int)'), frames.sync());
    await client.until('NoticeResponse');
    const request = await world.proxy.pending(/create table big_segment/);
    await world.proxy.decide(request.id, 'deny');
    expect((await client.until('ReadyForQuery')).at(-2)).toContain('was denied');
    await alive(client);
  });

  it('is withdrawn when the agent half-closes', async () => {
    const client = await world.agent();
    client.send(frames.query('create table half_closed (id int)'));
    const request = await world.proxy.pending('create table half_closed (id int)');
    client.socket.end();
    await eventually(async () => (await world.proxy.call(`/api/v1/requests/${request.id}`))['state'] === 'withdrawn', 'withdrawal');
  });
});

describe('a client that half-closes', () => {
  it('still gets its answers, and leaves no session behind', async () => {
    const client = await world.agent();
    client.send(frames.query('select 1'), frames.query('select count(*) from generate_series(1, 300000)'), frames.query('select 3'));
    client.socket.end();
    const lines = await client.until('nothing');
    expect(lines).toContain('B DataRow "3"');
    await eventually(() => world.proxy.proxy.registry.size === 0, 'the session ends');
  });

  it('that sends Terminate behind its Query gets the answer', async () => {
    const client = await world.agent();
    client.send(frames.query('select 4'), frames.terminate());
    expect(await client.until('nothing')).toContain('B DataRow "4"');
    await eventually(() => world.proxy.proxy.registry.size === 0, 'the session ends');
  });

  it('that has sent all it ever will before its login is over gets its answer, too', async () => {
    const client = await WireClient.connect({ host: world.proxy.host, port: world.proxy.port });
    const scram = new ScramClient(AGENT_PASSWORD);
    client.socket.write(Buffer.concat([frames.startup({ user: 'reporter', database: 'shop' }), serialize.sendSASLInitialResponseMessage('SCRAM-SHA-256', scram.first)]));
    await client.until('AuthenticationSASL');
    const challenge = await client.next();
    client.socket.end(Buffer.concat([serialize.sendSCRAMClientFinalMessage(scram.final(challenge?.frame.toString('utf8', 9) ?? '')), frames.query('select 8'), ...p('select 9'), frames.sync()]));
    const lines = await client.until('nothing');
    expect(lines).toContain('B DataRow "8"');
    expect(lines).toContain('B DataRow "9"');
    await eventually(() => world.proxy.proxy.registry.size === 0, 'the session ends');
  });
});
