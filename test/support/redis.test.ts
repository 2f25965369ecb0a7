import { Redis } from 'ioredis';
import { expect, test } from 'vitest';

import { startRedis } from './redis.ts';

test('keeps an append-only file over a crash', async () => {
  const server = await startRedis({ aof: true });
  const first = new Redis(server.url, { retryStrategy: () => null });
  await first.config('SET', 'appendfsync', 'always');
  await first.set('kept', 'yes');
  first.on('error', () => undefined);
  await server.kill();
  expect(server.pid).toBe(0);
  await server.restart();
  const second = new Redis(server.url);
  expect(await second.get('kept')).toBe('yes');
  second.disconnect();
  first.disconnect();
  await server.stop();
});

test('without one, a restart forgets', async () => {
  const server = await startRedis();
  const first = new Redis(server.url);
  await first.set('kept', 'no');
  first.disconnect();
  await server.restart();
  const second = new Redis(server.url);
  expect(await second.get('kept')).toBeNull();
  second.disconnect();
  await server.stop();
});
