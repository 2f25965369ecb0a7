/** Whoever is slow makes the other side wait, and never the proxy's memory grow. Measured on a proxy in a process of its own. */

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../scenarios/world.ts';
import { type ChildProxy, remove, scratch, startChild } from '../failure/child.ts';
import { mib, MIB, settledMemory, watchMemory } from '../failure/memory.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames, WireClient } from '../support/wire.ts';

let server: TestPostgres;
let proxy: ChildProxy;
const dir = scratch();

const SCHEMA = `
  set role app;
  create table c (a int, b text);
  create function slow() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(7); return new; end $$;
  create trigger slow before insert on c for each statement execute function slow();
  create function slower() returns trigger language plpgsql as $$ begin if new.a = 1 then perform pg_advisory_xact_lock_shared(8); end if; return new; end $$;
  create trigger slower before insert on c for each row execute function slower()`;

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop owner app');
  await server.query(SCHEMA, [], 'shop');
  proxy = await startChild({ upstream: `postgres://app@${server.host}:${server.port}/shop`, dir });
  // The parser's machine code is optimised while it is first used, which takes much memory for a moment.
  const client = await WireClient.login(proxy.login);
  for (let index = 0; index < 300; index++) await client.query(`select n, repeat('x', ${index}) as c${index} from generate_series(1, 2) n`);
  client.destroy();
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
  remove(dir);
});

const waits = (name: string, event: string) => async (): Promise<boolean> =>
  (await server.query('select 1 from pg_stat_activity where application_name = $1 and wait_event = $2', [name, event])).length === 1;

/** Does it, and answers with how much the proxy grew meanwhile. */
async function growth(act: () => Promise<void>): Promise<number> {
  const before = await settledMemory(proxy);
  const watch = watchMemory(proxy);
  await act();
  return watch.stop() - before;
}

describe('backpressure', () => {
  it('a million rows for a client that does not read stay with the server', async () => {
    const client = await WireClient.login({ ...proxy.login, parameters: { application_name: 'unread' } });
    client.socket.pause();
    const grown = await growth(async () => {
      client.send(frames.query(`select n, repeat('x', 200) from generate_series(1, 1000000) n`));
      await eventually(waits('unread', 'ClientWrite'), 'the server waits');
      const other = await WireClient.login(proxy.login);
      expect(await other.query('select 1')).toContain('B DataRow "1"');
      other.destroy();
    });
    console.log(`unread rows: the proxy grew by ${mib(grown)}`);
    expect(grown).toBeLessThan(64 * MIB);
    client.destroy();
  }, 60_000);

  it('a COPY of hundreds of megabytes into a slow table stays with the client, and arrives whole', async () => {
    const blocker = await WireClient.login({ host: server.host, port: server.port, user: 'postgres', password: new URL(server.url).password, database: 'shop' });
    await blocker.query('select pg_advisory_lock(8)');
    const client = await WireClient.login({ ...proxy.login, parameters: { application_name: 'copies' } });
    const chunk = frames.copyData(Buffer.from(`1\t${'y'.repeat(1000)}\n`.repeat(1000)));
    const chunks = Number(process.env['COUNTERSIGN_COPY_CHUNKS'] ?? 200);
    const grown = await growth(async () => {
      client.send(frames.query('copy c from stdin'));
      await client.until('CopyInResponse');
      for (let index = 0; index < chunks; index++) client.socket.write(chunk);
      await eventually(waits('copies', 'advisory'), 'the server is slow');
      expect(client.socket.writableLength).toBeGreaterThan((chunks - 40) * chunk.length);
      await blocker.query('select pg_advisory_unlock(8)');
      client.socket.write(frames.copyDone());
      await once(client.socket, 'drain');
      expect(await client.until('ReadyForQuery')).toContain(`B CommandComplete "COPY ${chunks * 1000}"`);
    });
    console.log(`COPY of ${mib(chunks * chunk.length)}: the proxy grew by ${mib(grown)}`);
    expect(grown).toBeLessThan(64 * MIB);
    client.destroy();
    blocker.destroy();
  }, 120_000);

  it('a Bind of 60 MB passes, and one over the limit is refused by its name', async () => {
    const client = await WireClient.login(proxy.login);
    const value = 'z'.repeat(60_000_000);
    const grown = await growth(async () => {
      client.send(frames.parse({ text: 'select length($1::text)', types: [] }), frames.bind({ values: [value] }), frames.execute({}), frames.sync());
      expect(await client.until('ReadyForQuery')).toContain('B DataRow "60000000"');
    });
    console.log(`Bind of 60 MB: the proxy grew by ${mib(grown)}`);
    expect(grown).toBeLessThan(600 * MIB);
    client.socket.write(frames.raw('B', Buffer.alloc(0), 70_000_000));
    expect((await client.until('nothing'))[0]).toContain('limits.message');
  }, 60_000);

  it('portals bound and left with large parameters cost the proxy nothing', async () => {
    const client = await WireClient.login(proxy.login);
    await client.query('begin');
    const value = 'w'.repeat(10_000_000);
    const grown = await growth(async () => {
      for (let index = 0; index < 12; index++) {
        client.socket.write(Buffer.concat([frames.parse({ text: 'select length($1::text)', types: [] }), frames.bind({ portal: `p${index}`, values: [value] }), frames.sync()]));
        await client.until('ReadyForQuery');
      }
    });
    console.log(`12 portals with 10 MB each: the proxy grew by ${mib(grown)}`);
    expect(grown).toBeLessThan(100 * MIB);
    client.destroy();
  }, 60_000);
});
