import { setTimeout as pass } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RequestDraft } from '../../src/approval/request.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { replica, withRedis } from './redis-support.ts';
import type { Replica } from './redis-support.ts';
import { draft, sam } from './support.ts';

let server: TestRedis;
let here: Replica;
let there: Replica;
const forever = new AbortController().signal;
const press = { decision: 'approve', person: sam, channel: 'api' } as const;

beforeEach(async () => {
  server = await startRedis({ aof: true });
  here = replica(server.url);
  there = replica(server.url);
  await Promise.all([here.store.sweep(), there.store.sweep()]);
});
afterEach(async () => {
  await Promise.all([here.close(), there.close()]);
  await server.stop();
});

const open = (changes: Partial<RequestDraft> = {}) => here.approvals.open(draft(Date.now(), changes));

/** Asks until the answer comes; reconnecting takes as long as it takes. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    await pass(20);
  }
}

const answers = (one: Replica) => eventually(() => one.store.healthy());

test('a press on one replica ends the wait on another', async () => {
  const request = await open();
  const resolution = here.approvals.resolution(request, forever);
  await there.desk.decide(request.id, press);
  expect((await resolution).state).toBe('approved');
  expect(await there.approvals.release(request)).toBe(false);
  expect(await here.approvals.release(request)).toBe(true);
});

test('the desk of one replica watches the gate of another', async () => {
  const stop = new AbortController();
  const news = there.desk.watch(stop.signal)[Symbol.asyncIterator]();
  const request = await open();
  expect((await news.next()).value).toMatchObject({ id: request.id, state: 'pending' });
  await here.approvals.withdraw(request.id, 'gone');
  expect((await news.next()).value).toMatchObject({ id: request.id, state: 'withdrawn' });
  stop.abort();
  expect((await news.next()).done).toBe(true);
});

test('a deferred statement approved on one replica is released on another, once over all', async () => {
  const own = (session: string) => draft(Date.now(), { mode: 'deferred', session });
  const request = await here.approvals.open(own('ses_1'));
  await here.desk.decide(request.id, press);
  const found = await Promise.all([here, there].flatMap((one) => Array.from({ length: 10 }, (_, n) => one.approvals.find(request.digest, own(`ses_${n}`)))));
  const released = await Promise.all(found.map(async (one, n) => one && (n < 10 ? here : there).approvals.release(one)));
  expect(released.filter(Boolean)).toHaveLength(1);
});

test('200 deciders on two replicas: one outcome, and it is the one released or refused', async () => {
  const request = await open();
  const resolution = here.approvals.resolution(request, forever);
  const presses = Array.from({ length: 200 }, (_, n) => (n % 2 ? here : there).desk.decide(request.id, { ...press, reason: `press ${n}`, decision: n % 3 ? 'approve' : 'deny' }));
  const outcomes = await Promise.allSettled(presses);
  expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  const { state } = await resolution;
  expect(await here.approvals.release(request)).toBe(state === 'approved');
});

describe('Redis is killed and comes back with its file', () => {
  test('while requests wait: approved afterwards, each released once', async () => {
    const requests = await Promise.all(Array.from({ length: 20 }, () => open()));
    const resolutions = requests.map((request) => here.approvals.resolution(request, forever));
    // appendfsync everysec: the operating system has it already, a kill of Redis alone loses nothing.
    await server.kill();
    await server.restart();
    await Promise.all([answers(here), answers(there)]);
    for (const { id } of requests) await there.desk.decide(id, press);
    expect((await Promise.all(resolutions)).map((one) => one.state)).toEqual(requests.map(() => 'approved'));
    const released = await Promise.all(requests.flatMap((request) => [here.approvals.release(request), here.approvals.release(request)]));
    expect(released.filter(Boolean)).toHaveLength(20);
  });

  test('after an approval nobody has seen yet', async () => {
    const request = await open();
    await there.desk.decide(request.id, press);
    await server.kill();
    await server.restart();
    await answers(here);
    expect((await here.approvals.resolution(request, forever)).state).toBe('approved');
    expect(await here.approvals.release(request)).toBe(true);
  });

  test('while a release is under way: once or not at all', async () => {
    const request = await open();
    await there.desk.decide(request.id, press);
    const released = Promise.all(Array.from({ length: 10 }, () => here.approvals.release(request)));
    await server.kill();
    await server.restart();
    expect((await released).filter(Boolean)).toHaveLength(1);
  });
});

test('Redis is away past the time limit: expired, and nothing is released when it is back', async () => {
  const request = await open({ expiresAt: Date.now() + 800 });
  const resolution = here.approvals.resolution(request, forever);
  await there.desk.decide(request.id, press).catch(() => {});
  const late = await open({ expiresAt: Date.now() + 800 });
  const lateResolution = here.approvals.resolution(late, forever);
  await server.kill();
  expect((await resolution).state).toBe('approved');
  expect((await lateResolution).state).toBe('expired');
  await server.restart();
  await answers(here);
  expect(await here.approvals.release(request)).toBe(false);
  expect(await here.approvals.release(late)).toBe(false);
  await answers(there);
  await expect(there.desk.decide(late.id, press)).rejects.toMatchObject({ code: 'expired' });
});

describe('while Redis', () => {
  test('is down, calls fail fast and say so', async () => {
    await server.kill();
    const begun = systemClock.monotonic();
    await expect(open()).rejects.toMatchObject({ code: 'approvals_unavailable' });
    await expect(here.desk.list({})).rejects.toMatchObject({ code: 'approvals_unavailable' });
    expect(await here.store.healthy()).toBe(false);
    expect(systemClock.monotonic() - begun).toBeLessThan(1_000);
  });

  test('hangs, calls fail in seconds, and it is noticed when it answers again', async () => {
    const request = await open();
    const resolution = here.approvals.resolution(request, forever);
    await server.kill('SIGSTOP');
    const begun = systemClock.monotonic();
    await expect(open()).rejects.toMatchObject({ code: 'approvals_unavailable' });
    expect(systemClock.monotonic() - begun).toBeLessThan(4_000);
    await server.kill('SIGCONT');
    await answers(there);
    await there.desk.decide(request.id, press);
    expect((await resolution).state).toBe('approved');
  });

  test('was never there, a process starts and works once it comes', async () => {
    await server.kill();
    const early = replica(server.url);
    await expect(early.approvals.open(draft(Date.now()))).rejects.toMatchObject({ code: 'approvals_unavailable' });
    await server.restart();
    await answers(early);
    const request = await early.approvals.open(draft(Date.now()));
    const resolution = early.approvals.resolution(request, forever);
    await early.desk.decide(request.id, press);
    expect((await resolution).state).toBe('approved');
    await early.close();
  });
});

describe('a lost subscription', () => {
  test('is made again, and what was missed is asked for', async () => {
    const stop = new AbortController();
    const news = here.desk.watch(stop.signal)[Symbol.asyncIterator]();
    const request = await open();
    const resolution = here.approvals.resolution(request, forever);
    await withRedis(server.url, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await there.desk.decide(request.id, press);
    expect((await resolution).state).toBe('approved');
    const seen: string[] = [];
    while (seen.at(-1) !== 'approved') seen.push(((await news.next()).value as { state: string }).state);
    stop.abort();
  });

  test('that looks alive is found out by the beat', async () => {
    const clock = new FakeClock();
    const deaf = replica(server.url, clock);
    const subscribers = async () => (await withRedis(server.url, (redis) => redis.pubsub('NUMSUB', 'countersign:{approvals}:changes')))[1];
    await eventually(async () => await subscribers() === 3);
    await (deaf.connections.changes as Redis).unsubscribe();
    expect(await subscribers()).toBe(2);
    let resyncs = 0;
    deaf.store.listen({ changed: () => {}, resync: () => { resyncs += 1; } });
    await eventually(async () => {
      await clock.advanceAsync(5_000);
      return await subscribers() === 3;
    });
    await eventually(async () => resyncs > 0);
    await deaf.close();
  });
});

test('settings under which approvals can get lost are named', async () => {
  await withRedis(server.url, (redis) => redis.config('SET', 'appendonly', 'no', 'maxmemory-policy', 'allkeys-lru'));
  const other = replica(server.url);
  await answers(other);
  while (other.lines.length < 2) await pass(5);
  expect(other.lines.map((line) => line.fields)).toEqual([
    { setting: 'appendonly', value: 'no', set: 'yes' },
    { setting: 'maxmemory-policy', value: 'allkeys-lru', set: 'noeviction' },
  ]);
  await other.close();
});
