import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis } from '../../src/approval/redis-connection.ts';
import { BASE, createRedisStore } from '../../src/approval/redis-store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { listening, withRedis } from './redis-support.ts';
import { storeContract } from './store.contract.ts';
import { recorder } from './support.ts';

let server: TestRedis;
beforeAll(async () => { server = await startRedis(); });
afterAll(() => server.stop());

storeContract('redis', async () => {
  await withRedis(server.url, (redis) => redis.flushall());
  const retainMs = 400;
  const store = createRedisStore({ connections: connectRedis(server.url), clock: systemClock, log: recorder().log, retainMs });
  await listening(store);
  // Redis keeps its own time, so here time really passes.
  return { store, retainMs, now: Date.now, pass: (ms) => pass(ms) };
});

test('what was spent more than an hour ago counts no longer', async () => {
  await withRedis(server.url, (redis) => redis.flushall());
  const store = createRedisStore({ connections: connectRedis(server.url), clock: systemClock, log: recorder().log });
  const minute = Math.floor(Date.now() / 60_000);
  await withRedis(server.url, (redis) => redis.hset(`${BASE}:spent:a`, minute - 60, 70, minute - 59, 20, minute - 1, 10));
  // The minute may have ended meanwhile.
  expect([70, 90]).toContain(await store.spend('a', 100, 100));
  await withRedis(server.url, async (redis) => {
    expect(await redis.hexists(`${BASE}:spent:a`, String(minute - 60))).toBe(0);
    expect(await redis.pttl(`${BASE}:spent:a`)).toBeGreaterThan(3_600_000);
  });
  await store.close();
});
