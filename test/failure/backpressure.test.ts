/**
 * Whoever doesn't read, or sends more than can be taken, waits in the kernel and not in the proxy's memory.
 * `COUNTERSIGN_TEST_FULL=1` copies 300 MB instead of 100.
 */

import { once } from 'node:events';
import { platform } from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { eventually } from '../scenarios/world.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames, WireClient } from '../support/wire.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';
import { MIB, mib, settledMemory, watchMemory } from './memory.ts';

// Processes start several times a test, which takes its time where others work too.
vi.setConfig({ testTimeout: 120_000 });

const POLICY = `version: 1
default: hold
rules:
  - { name: work, effects: [read, insert, import], then: allow }
  - { name: told, effects: [notify], then: hold, approvers: [dba], within: 2m }
`;
const COPIED = (process.env['COUNTERSIGN_TEST_FULL'] === '1' ? 300 : 100) * MIB;
/** What one session may make the proxy keep, whatever its size: buffers, and the garbage that comes with moving so many bytes. */
const BOUND = 64 * MIB;

let server: TestPostgres;
let proxy: ChildProxy;
let dir: string;

beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'upstream' }] });
  await server.query('create database shop owner app');
  await server.query('set role app; create unlogged table ran (n int); create unlogged table copied (line text)', [], 'shop');
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(() => {
  dir = scratch();
});
afterEach(async () => {
  await proxy?.stop();
  remove(dir);
});

async function start(extra = ''): Promise<void> {
  proxy = await startChild({ dir, upstream: `postgres://app@${server.host}:${server.port}/shop`, policy: POLICY, extra });
  await warmUp();
}

/** The parser's WebAssembly is compiled once more, with much memory for a moment, after its first statements; it isn't what is measured here. */
async function warmUp(): Promise<void> {
  const client = await agent();
  for (let n = 0; n < 20; n++) await client.query(`select n, repeat('x', 100) from generate_series(1, 10) as n where n > ${n}`);
  for (let n = 0; n < 3; n++) await client.query(`insert into ran select 1 where false -- ${n} ${'x'.repeat(100 * 1024)}`);
  await client.close();
  await settledMemory(proxy);
}

const agent = (): Promise<WireClient> => WireClient.login(proxy.login);

async function othersWork(): Promise<void> {
  const other = await agent();
  expect(await other.query('select 1')).toContain('B DataRow "1"');
  await other.close();
}

async function hold(client: WireClient, mark: string): Promise<string> {
  client.send(frames.query(`notify news, '${mark}'`));
  const [notice = ''] = await client.until('NoticeResponse');
  return /req_\w+/.exec(notice)?.[0] ?? notice;
}

const approve = (id: string): Promise<unknown> => proxy.call(`/api/v1/requests/${id}/decision`, { decision: 'approve' });

/** Writes as long as the other side takes it. `stalled` resolves when it takes no more; `done` when all is taken. */
function pour(client: WireClient, messages: Iterator<Uint8Array>): { readonly stalled: Promise<number>; readonly done: Promise<number> } {
  const { socket } = client;
  const stalled = Promise.withResolvers<number>();
  let sent = 0;
  const done = (async () => {
    for (let next = messages.next(); next.done !== true; next = messages.next()) {
      sent += next.value.length;
      if (socket.write(next.value)) continue;
      const late = setTimeout(() => stalled.resolve(sent), 1_000);
      await once(socket, 'drain');
      clearTimeout(late);
    }
    stalled.resolve(sent);
    return sent;
  })();
  return { stalled: stalled.promise, done };
}

/** Reads without looking until the bytes end like this; how many there were. */
async function swallow(client: WireClient, end: Buffer): Promise<number> {
  const { socket } = client;
  socket.removeAllListeners('data');
  let bytes = 0;
  let tail = Buffer.alloc(0);
  const over = Promise.withResolvers<number>();
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    tail = Buffer.concat([tail, chunk]).subarray(-end.length);
    if (tail.equals(end)) over.resolve(bytes);
  });
  socket.resume();
  return over.promise;
}

describe.skipIf(platform !== 'linux')('backpressure (memory is read from /proc: Linux only)', () => {
  it('a million rows for an agent that doesn\'t read: the server is made to wait', async () => {
    await start();
    const client = await agent();
    const before = await settledMemory(proxy);
    const memory = watchMemory(proxy);
    client.socket.pause();
    client.send(frames.query(`select n, repeat('x', 100) from generate_series(1, 1000000) as n`));
    await eventually(async () => (await server.query(`select 1 from pg_stat_activity where usename = 'app' and wait_event = 'ClientWrite'`)).length === 1, 'the server waits');
    const waiting = await settledMemory(proxy);
    await othersWork();
    expect(waiting - before).toBeLessThan(BOUND);
    const bytes = await swallow(client, Buffer.from('C\0\0\0\u0013SELECT 1000000\0Z\0\0\0\u0005I', 'latin1'));
    const peak = memory.stop();
    console.log(`1M rows (${mib(bytes)}): memory ${mib(before)}, ${mib(waiting)} while the agent doesn't read, at most ${mib(peak)}`);
    expect(bytes).toBeGreaterThan(110 * 1_000_000);
    expect(peak - before).toBeLessThan(BOUND);
    client.destroy();
  }, 120_000);

  it(`COPY of ${COPIED / MIB} MB into a server that stands still: the agent is made to wait, and all of it arrives in the end`, async ({ skip }) => {
    if (server.pid === 0) skip('the server\'s processes are not ours to stop');
    await start();
    const client = await agent();
    const before = await settledMemory(proxy);
    const memory = watchMemory(proxy);
    client.send(frames.query('copy copied from stdin'));
    await client.until('CopyInResponse');
    const [backend] = await server.query<{ pid: number }>(`select pid from pg_stat_activity where query = 'copy copied from stdin'`);
    process.kill(backend?.pid ?? 0, 'SIGSTOP');
    const poured = pour(client, copyData(COPIED));
    const taken = await poured.stalled;
    const stalled = await settledMemory(proxy);
    await othersWork();
    process.kill(backend?.pid ?? 0, 'SIGCONT');
    const sent = await poured.done;
    client.send(frames.copyDone());
    expect((await client.until('ReadyForQuery')).at(-2)).toBe(`B CommandComplete "COPY ${COPIED / 1024}"`);
    const peak = memory.stop();
    console.log(`COPY of ${mib(sent)}: ${mib(taken)} taken by all buffers together while the server stood still; memory ${mib(before)}, ${mib(stalled)} then, at most ${mib(peak)}`);
    expect(taken).toBeLessThan(COPIED / 2);
    expect(stalled - before).toBeLessThan(BOUND);
    expect(peak - before).toBeLessThan(BOUND);
    await client.close();
  }, 180_000);

  it('50 MB of statements behind one that is held wait outside, and all of them run after its approval', async () => {
    await start();
    const client = await agent();
    const before = await settledMemory(proxy);
    const memory = watchMemory(proxy);
    const id = await hold(client, 'first');
    const poured = pour(client, inserts(500, 100 * 1024));
    const taken = await poured.stalled;
    const held = await settledMemory(proxy);
    await othersWork();
    expect(await server.query('select 1 from ran', [], 'shop')).toEqual([]);
    await approve(id);
    for (let answers = 0; answers < 501; answers++) expect((await client.until('ReadyForQuery'))[0]).toContain('CommandComplete');
    await poured.done;
    const peak = memory.stop();
    console.log(`50 MB behind a held statement: ${mib(taken)} taken by all buffers together; memory ${mib(before)}, ${mib(held)} while held, at most ${mib(peak)}`);
    expect(taken).toBeLessThan(25 * MIB);
    expect(held - before).toBeLessThan(BOUND);
    expect(await server.query('select count(*)::int as count, sum(n)::int as sum from ran', [], 'shop')).toEqual([{ count: 500, sum: 124_750 }]);
    await client.close();
  }, 120_000);
});

it('when the buffers of all together are full, the session that overflows them is refused, and the others go on', async () => {
  await start('limits: { buffered: 1MiB }\n');
  const clients = await Promise.all(Array.from({ length: 5 }, agent));
  const ids = await Promise.all(clients.map((client, index) => hold(client, `full-${index}`)));
  for (const client of clients.slice(0, 4)) client.send(frames.query(`select 1 -- ${'x'.repeat(200_000)}`));
  await eventually(async () => (await proxy.call<{ sessions: { state: string }[] }>('/api/v1/sessions')).sessions.every(({ state }) => state === 'held'), 'all are held');
  const fifth = clients[4] as WireClient;
  fifth.send(...Array.from({ length: 3 }, () => frames.query(`select 1 -- ${'x'.repeat(200_000)}`)));
  const said = (await fifth.until('nothing else')).join('\n');
  expect(said).toMatch(/S="FATAL".*C="54000".*limits\.buffered.*H="/);
  await eventually(async () => (await proxy.call<{ state: string }>(`/api/v1/requests/${ids[4]}`)).state === 'withdrawn', 'its request is withdrawn');
  for (const [index, client] of clients.slice(0, 4).entries()) {
    await approve(ids[index] as string);
    expect((await client.until('ReadyForQuery'))[0]).toContain('CommandComplete');
    expect(await client.until('ReadyForQuery')).toContain('B DataRow "1"');
    await client.close();
  }
  // What it had taken is given back.
  const next = await agent();
  const id = await hold(next, 'after');
  next.send(frames.query(`select 1 -- ${'x'.repeat(200_000)}`));
  await approve(id);
  await next.until('ReadyForQuery');
  expect(await next.until('ReadyForQuery')).toContain('B DataRow "1"');
  await next.close();
});

function* copyData(bytes: number): Generator<Uint8Array> {
  const message = frames.copyData(Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64)));
  for (let sent = 0; sent < bytes; sent += 64 * 1024) yield message;
}

function* inserts(count: number, bytes: number): Generator<Uint8Array> {
  for (let n = 0; n < count; n++) yield frames.query(`insert into ran values (${n}) -- ${'x'.repeat(bytes)}`);
}
