import { Redis } from 'ioredis';
import { createApprovals } from '../../src/approval/approvals.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { connectRedis } from '../../src/approval/redis-connection.ts';
import { createRedisStore } from '../../src/approval/redis-store.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { newKeys, people, recorder } from './support.ts';

const keys = newKeys();

/** One replica of the proxy as far as approvals go: store, gate and desk of its own, the keys shared with the others. */
export function replica(url: string, clock: Clock = systemClock) {
  const { lines, log } = recorder();
  const connections = connectRedis(url);
  const store = createRedisStore({ connections, clock, log });
  const approvals = createApprovals({ store, keys, clock, log });
  const desk = createDesk({ store, keys, people, clock, log });
  return {
    connections, store, approvals, desk, lines, keys,
    async close() {
      approvals.close();
      await store.close();
    },
  };
}

export type Replica = ReturnType<typeof replica>;

/** The attacker's, or the test's own, connection. */
export async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** Resolves when the store hears of changes; call it in the turn the store is made. */
export function listening(store: ApprovalStore): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.listen({
      changed: () => {},
      resync: () => {
        stop();
        resolve();
      },
    });
  });
}
