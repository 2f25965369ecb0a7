import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { connectRedis } from '../../src/approval/redis-connection.ts';
import { createRedisStore } from '../../src/approval/redis-store.ts';
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
