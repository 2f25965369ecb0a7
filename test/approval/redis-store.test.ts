import { setTimeout as pass } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { connectRedis } from '../../src/approval/redis-connection.ts';
import { createRedisStore } from '../../src/approval/redis-store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { storeContract } from './store.contract.ts';
import { recorder } from './support.ts';

let server: TestRedis;
beforeAll(async () => { server = await startRedis(); });
afterAll(() => server.stop());

storeContract('redis', async () => {
  await flush(server.url);
  const retainMs = 400;
  const store = createRedisStore({ connections: connectRedis(server.url), clock: systemClock, log: recorder().log, retainMs });
  await store.sweep();
  // Redis keeps its own time, so here time really passes.
  return { store, retainMs, now: Date.now, pass: (ms) => pass(ms) };
});

async function flush(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
