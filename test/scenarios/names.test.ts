/** What a name stands for decides what is judged: here agents try to make the proxy and the server mean different things by one. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frames, type WireClient } from '../support/wire.ts';
import { startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ schema: 'create table victim (id int); create table t (id int primary key); insert into t select generate_series(1, 10)' });
});
afterAll(() => world?.stop());

const victimStands = async () => (await world.sql(`select 1 from pg_tables where tablename = 'victim'`)).length === 1;
const run = (client: WireClient, ...messages: Uint8Array[]) => {
  client.send(...messages, frames.sync());
  return client.until('ReadyForQuery');
};
const DROP = 'drop table victim';

async function session(): Promise<WireClient> {
  return world.agent();
}

describe('names', () => {
  it('are what the server takes them for: their first 63 bytes', async () => {
    const client = await session();
    const long = 'a'.repeat(63);
    await run(client, frames.parse({ name: `${long}1`, text: 'select 1', types: [] }));
    await run(client, frames.close({ type: 'S', name: `${long}2` }));
    await run(client, frames.parse({ name: `${long}3`, text: DROP, types: [] }));
    const lines = await run(client, frames.bind({ statement: `${long}1` }), frames.execute({}));
    expect(lines[0]).toContain('refused by policy');
    expect(await victimStands()).toBe(true);
    client.destroy();
  });

  it('keep their old text when a Parse is skipped after an error', async () => {
    const client = await session();
    await run(client, frames.parse({ name: 'p', text: DROP, types: [] }));
    const lines = await run(client, frames.parse({ text: 'selec', types: [] }), frames.close({ type: 'S', name: 'p' }), frames.parse({ name: 'p', text: 'select 1', types: [] }));
    expect(lines).toHaveLength(2);
    expect((await run(client, frames.bind({ statement: 'p' }), frames.execute({})))[0]).toContain('refused by policy');
    client.destroy();
  });

  it('keep their old text when a segment fails, also for a pipeline that does not wait', async () => {
    const client = await session();
    await run(client, frames.parse({ name: 'p', text: DROP, types: [] }));
    client.send(
      frames.parse({ text: 'selec', types: [] }), frames.close({ type: 'S', name: 'p' }), frames.parse({ name: 'p', text: 'select 1', types: [] }), frames.sync(),
      frames.bind({ statement: 'p' }), frames.execute({}), frames.sync(),
    );
    await client.until('ReadyForQuery');
    expect((await client.until('ReadyForQuery'))[0]).toContain('refused by policy');
    expect(await victimStands()).toBe(true);
    client.destroy();
  });

  it('that nobody prepared are refused, and that is on record', async () => {
    const client = await session();
    expect((await run(client, frames.bind({ statement: 'nothing_like_it' }), frames.execute({})))[0]).toContain('does not exist');
    const reasons = async (): Promise<string[]> => (await world.proxy.journal()).flatMap(({ event }) => (event.kind === 'refused' ? [event.reason] : []));
    await expect.poll(reasons).toContainEqual(expect.stringContaining('nothing_like_it'));
    client.destroy();
  });

  it('prepared again under a name that exists are what they were', async () => {
    const client = await session();
    await run(client, frames.parse({ name: 'p', text: DROP, types: [] }));
    expect((await run(client, frames.parse({ name: 'p', text: 'select 1', types: [] })))[0]).toContain('42P05');
    expect((await run(client, frames.bind({ statement: 'p' }), frames.execute({})))[0]).toContain('refused by policy');
    client.destroy();
  });

  it('are one space for PREPARE, EXECUTE, DEALLOCATE and the protocol', async () => {
    const client = await session();
    await client.query('prepare q as select 7 as n');
    expect(await run(client, frames.bind({ statement: 'q' }), frames.execute({}))).toEqual(['B BindComplete', 'B DataRow "7"', 'B CommandComplete "SELECT 1"', 'B ReadyForQuery I']);
    expect(await client.query('execute q')).toContain('B DataRow "7"');
    await client.query('deallocate q');
    await run(client, frames.parse({ name: 'q', text: DROP, types: [] }));
    expect((await run(client, frames.bind({ statement: 'q' }), frames.execute({})))[0]).toContain('refused by policy');
    expect((await client.query('execute q'))[0]).toContain('refused by policy');
    expect(await victimStands()).toBe(true);
    client.destroy();
  });

  it('follow DEALLOCATE and PREPARE run earlier in the same segment', async () => {
    const client = await session();
    await client.query('prepare r as select 1');
    const lines = await run(
      client,
      frames.parse({ text: 'deallocate r', types: [] }), frames.bind({}), frames.execute({}),
      frames.parse({ text: 'prepare r as select 2', types: [] }), frames.bind({}), frames.execute({}),
      frames.bind({ statement: 'r' }), frames.execute({}),
    );
    // What r would be is only known when the two have run: judged by its old text, anything could hide behind it.
    expect(lines.at(-2)).toContain('r');
    expect(lines.at(-2)).toContain('B ErrorResponse');
    client.destroy();
  });

  it('of a batch that failed half-way are those of the half that ran', async () => {
    const client = await session();
    await client.query('prepare s1 as select 1; select 1/0; prepare s2 as select 2');
    expect(await client.query('execute s1')).toContain('B DataRow "1"');
    client.send(frames.bind({ statement: 's2' }), frames.execute({}), frames.sync());
    expect((await client.until('ReadyForQuery'))[0]).toContain('26000');
    client.destroy();
  });

  it('are gone after DISCARD ALL', async () => {
    const client = await session();
    await run(client, frames.parse({ name: 'u', text: 'select 1', types: [] }));
    await client.query('discard all');
    expect((await run(client, frames.bind({ statement: 'u' }), frames.execute({})))[0]).toContain('26000');
    client.destroy();
  });

  it('of cursors may be fetched from, by SQL and by the protocol', async () => {
    const client = await session();
    expect(await client.query('begin; declare c cursor for select id from t order by id; fetch 2 from c')).toEqual([
      'B CommandComplete "BEGIN"', 'B CommandComplete "DECLARE CURSOR"', 'B RowDescription "id":23', 'B DataRow "1"', 'B DataRow "2"', 'B CommandComplete "FETCH 2"', 'B ReadyForQuery T',
    ]);
    expect(await client.query('fetch 1 from c')).toContain('B DataRow "3"');
    expect(await run(client, frames.execute({ portal: 'c', rows: 1 }))).toContain('B DataRow "4"');
    await run(client, frames.parse({ text: 'select id from t order by id', types: [] }), frames.bind({ portal: 'p1' }));
    expect(await client.query('fetch 1 from p1')).toContain('B DataRow "1"');
    await client.query('commit');
    client.destroy();
  });

  it('over several segments need no waiting', async () => {
    const client = await session();
    client.send(
      frames.parse({ name: 'v', text: 'select $1::int', types: [] }), frames.sync(),
      frames.bind({ statement: 'v', values: ['5'] }), frames.execute({}), frames.sync(),
      frames.close({ type: 'S', name: 'v' }), frames.sync(),
      frames.bind({ statement: 'v', values: ['5'] }), frames.execute({}), frames.sync(),
    );
    for (let i = 0; i < 3; i++) await client.until('ReadyForQuery');
    expect((await client.until('ReadyForQuery'))[0]).toContain('26000');
    expect(client.transcript).toContain('B DataRow "5"');
    client.destroy();
  });

  it('of portals may be executed in a later segment, in parts', async () => {
    const client = await session();
    await client.query('begin');
    await run(client, frames.parse({ text: 'select id from t order by id', types: [] }), frames.bind({ portal: 'w' }), frames.execute({ portal: 'w', rows: 2 }));
    expect(await run(client, frames.execute({ portal: 'w', rows: 1 }))).toEqual(['B DataRow "3"', 'B PortalSuspended', 'B ReadyForQuery T']);
    const records = await world.proxy.journal();
    expect(records.filter(({ event }) => event.kind === 'continue')).not.toEqual([]);
    await client.query('commit');
    expect((await run(client, frames.execute({ portal: 'w', rows: 1 })))[0]).toContain('34000');
    client.destroy();
  });

  it('prepared by the protocol and run by EXECUTE in the same segment are not judged by their old text', async () => {
    const client = await session();
    await run(client, frames.parse({ name: 'x', text: 'select 1', types: [] }));
    const lines = await run(
      client,
      frames.close({ type: 'S', name: 'x' }), frames.parse({ name: 'x', text: DROP, types: [] }),
      frames.parse({ text: 'execute x', types: [] }), frames.bind({}), frames.execute({}),
    );
    expect(lines.at(-2)).toContain('stands for changes earlier in the same pipeline');
    expect(await victimStands()).toBe(true);
    client.destroy();
  });

  it('that a portal runs by EXECUTE are looked at again when it is executed later', async () => {
    const client = await session();
    await client.query('begin');
    await run(client, frames.parse({ name: 'y', text: 'select 1', types: [] }));
    await run(client, frames.parse({ text: 'execute y', types: [] }), frames.bind({ portal: 'py' }));
    await run(client, frames.close({ type: 'S', name: 'y' }), frames.parse({ name: 'y', text: DROP, types: [] }));
    expect((await run(client, frames.execute({ portal: 'py' })))[0]).toContain('changed since it was bound');
    await client.query('rollback');
    expect(await victimStands()).toBe(true);
    client.destroy();
  });
});

describe('a segment with a statement that must wait and one that may not run at all', () => {
  it('runs neither', async () => {
    const client = await session();
    const lines = await run(
      client,
      frames.parse({ text: 'create table made (id int)', types: [] }), frames.bind({}), frames.execute({}),
      frames.parse({ text: DROP, types: [] }), frames.bind({}), frames.execute({}),
    );
    expect(lines.filter((line) => line.includes('CommandComplete'))).toEqual([]);
    expect(await world.sql(`select 1 from pg_tables where tablename = 'made'`)).toEqual([]);
    client.destroy();
  });
});
