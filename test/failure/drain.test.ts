/** Told to end, the proxy lets what runs end, says goodbye to everybody else, and leaves a journal that is complete. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import type { JournalRecord } from '../../src/journal/events.ts';
import { readJournal } from '../../src/journal/read.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { loadPublicKey } from '../../src/runtime/keys.ts';
import { eventually } from '../scenarios/world.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { TEST_POLICY } from '../support/proxy.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { frames, WireClient } from '../support/wire.ts';
import { type ChildProxy, remove, scratch, startChild } from './child.ts';
import { offering } from './load.ts';

// Processes start several times a test, which takes its time where others work too.
vi.setConfig({ testTimeout: 120_000 });

const POLICY = TEST_POLICY.replace('effects: [export,', 'effects: [export, notify,').replace('lock, notify,', 'lock,');

const SLOW = `insert into slow values ('mark')`;

let server: TestPostgres;
let redis: TestRedis;
let proxy: ChildProxy;
let dir: string;

beforeAll(async () => {
  [server, redis] = await Promise.all([startPostgres({ users: [{ name: 'app', password: 'upstream' }] }), startRedis({ aof: true })]);
  await server.query('create database shop owner app');
  await server.query('set role app; create table slow (mark text)', [], 'shop');
});
afterAll(async () => {
  await Promise.all([server?.stop(), redis?.stop()]);
});
beforeEach(() => {
  dir = scratch();
});
afterEach(async () => {
  proxy?.signal('SIGKILL');
  await proxy?.ended;
  remove(dir);
});

async function start(store = 'memory', extra = ''): Promise<void> {
  proxy = await startChild({ dir, upstream: `postgres://app@${server.host}:${server.port}/shop`, policy: POLICY, store, extra });
}

const agent = (): Promise<WireClient> => WireClient.login(proxy.login);

async function hold(client: WireClient, mark: string): Promise<string> {
  client.send(frames.query(`notify news, '${mark}'`));
  const [notice = ''] = await client.until('NoticeResponse');
  return /req_\w+/.exec(notice)?.[0] ?? notice;
}

/** Sends what can't end before `unlock` is called, and waits until the server is at it. */
async function run(client: WireClient): Promise<{ unlock(): Promise<void> }> {
  const other = await WireClient.login({ ...proxy.login, port: server.port, user: 'app', password: 'upstream' });
  await other.query('begin');
  await other.query('lock table slow');
  client.send(frames.query(SLOW));
  await eventually(async () => (await server.query(`select 1 from pg_stat_activity where query = $1 and state = 'active'`, [SLOW])).length === 1, 'it runs');
  return { unlock: () => other.close() };
}

async function journal(): Promise<JournalRecord[]> {
  const publicKey = loadPublicKey(join(dir, 'checkpoints.pem'));
  expect(await verifyJournal({ dir: join(dir, 'journal'), publicKey })).toMatchObject({ ok: true, unsigned: 0 });
  return Array.fromAsync(readJournal(join(dir, 'journal')));
}

it.each(['memory', 'redis'])('with the %s store: what runs ends, who idles is told, what is held is withdrawn, the journal is complete', async (store) => {
  await start(store === 'redis' ? redis.url : 'memory');
  const [idle, running, holding, open] = await Promise.all([agent(), agent(), agent(), agent()]);
  await open.query('begin');
  const { unlock } = await run(running);
  const request = await hold(holding, 'drained');
  proxy.signal('SIGTERM');

  expect((await idle.until('ErrorResponse')).at(-1)).toMatch(/S="FATAL".*C="57P01"/);
  expect(await idle.next()).toBeUndefined();
  expect((await open.until('ErrorResponse')).at(-1)).toMatch(/S="FATAL".*C="57P01"/);
  expect((await holding.until('ErrorResponse')).at(-1)).toMatch(/S="FATAL".*C="57P01"/);
  expect(running.arrived()).toEqual([]);
  await unlock();
  const answer = await running.until('ErrorResponse');
  expect(answer).toContain('B CommandComplete "INSERT 0 1"');
  expect(answer.at(-1)).toMatch(/S="FATAL".*C="57P01"/);
  expect(await proxy.ended).toEqual({ code: 0, signal: null });

  const records = await journal();
  expect(records.findLast(({ event }) => event.kind !== 'checkpoint')?.event).toMatchObject({ kind: 'process.stop' });
  expect(records.find(({ event }) => event.kind === 'request.ended' && event.request === request)?.event).toMatchObject({ state: 'withdrawn' });
  expect(records.filter(({ event }) => event.kind === 'session.end')).toHaveLength(4);
  expect(records.find(({ event }) => event.kind === 'outcome' && event.tag === 'INSERT 0 1')).toBeDefined();
  if (store !== 'redis') return;
  await start(redis.url);
  expect(await proxy.call(`/api/v1/requests/${request}`)).toMatchObject({ state: 'withdrawn' });
});

it('what doesn\'t end in time is cancelled', async () => {
  await start('memory', 'timeouts: { drain: 500ms }\n');
  const running = await agent();
  const { unlock } = await run(running);
  proxy.signal('SIGTERM');
  expect((await running.until('ErrorResponse')).at(-1)).toMatch(/S="FATAL".*C="57P01"/);
  expect(await proxy.ended).toEqual({ code: 0, signal: null });
  await eventually(async () => (await server.query(`select 1 from pg_stat_activity where query = $1 and state = 'active'`, [SLOW])).length === 0, 'the server has stopped it');
  await unlock();
  expect((await journal()).find(({ event }) => event.kind === 'outcome' && event.error !== undefined)).toBeDefined();
});

it('a second signal ends it at once', async () => {
  await start();
  const running = await agent();
  const { unlock } = await run(running);
  proxy.signal('SIGTERM');
  await eventually(() => proxy.log().includes('draining'), 'it drains');
  proxy.signal('SIGTERM');
  expect(await proxy.ended).toEqual({ code: 130, signal: null });
  await unlock();
});

it('nobody who is only half in keeps it from ending', async () => {
  await start();
  const halfOpen = connect(proxy.port, '127.0.0.1');
  await once(halfOpen, 'connect');
  const began = performance.now();
  proxy.signal('SIGTERM');
  expect(await proxy.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(10_000);
  halfOpen.destroy();
});

it('a wrong policy file changes nothing under load, a right one is in force for the next statement', async () => {
  await start();
  const over = Array.from({ length: 3 }, (_, index) => offering(proxy, 'simple', `load.${index}`, { sent: 0 }, () => undefined));
  const client = await agent();
  writeFileSync(join(dir, 'policy.yaml'), POLICY.replace('then: allow', 'then: alow'));
  await eventually(() => proxy.log().includes('the changed files are wrong'), 'the mistake is told');
  expect(proxy.log()).toContain('policy.yaml:4');
  expect(await client.query('select 1')).toContain('B DataRow "1"');
  writeFileSync(join(dir, 'policy.yaml'), POLICY.replace('effects: [read, ', 'effects: ['));
  await eventually(() => proxy.log().includes('a new one is in force'), 'the new policy is taken');
  client.send(frames.query('select 2'));
  expect((await client.until('NoticeResponse', 'ReadyForQuery')).at(-1)).toContain('held for approval');
  await proxy.stop();
  await Promise.all(over);
  const kinds = (await journal()).map(({ event }) => event.kind);
  expect(kinds.filter((kind) => kind.startsWith('policy.'))).toEqual(['policy.loaded', 'policy.rejected', 'policy.loaded']);
});
