/** Freezing on every replica, whatever the store they share is made to say. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createFreezer } from '../../src/approval/freezer.ts';
import { sign } from '../../src/approval/jws.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../scenarios/world.ts';
import { BASE } from '../../src/approval/redis-store.ts';
import { type Replica, replica, withRedis } from './redis-support.ts';
import { draft, newKeys } from './support.ts';

let redis: TestRedis;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await withRedis(redis.url, (client) => client.flushall());
});

function start(shared: Replica = replica(redis.url)) {
  const events: JournalEvent[] = [];
  const expelled: string[] = [];
  const freezer = createFreezer({
    store: shared.store, keys: shared.keys, clock: systemClock, log: { warn: () => {}, error: () => {} }, expel: (agent) => expelled.push(agent),
    journal: { append: (event: JournalEvent) => events.push(event) },
  });
  open.push({ close: async () => { freezer.close(); await shared.close(); } });
  return { ...shared, freezer, events, expelled };
}

test('every replica expels the agent within a second, records it once, and lets it go on when it is thawed', async () => {
  const [one, two] = [start(), start()];
  await one.store.healthy();
  await two.store.healthy();
  const began = performance.now();
  expect(await one.freezer.freeze('reporter', 'sam@example.com', 'odd queries')).toEqual({ everywhere: true });
  await eventually(() => two.freezer.isFrozen('reporter'), 'the other replica', 1_000);
  expect(performance.now() - began).toBeLessThan(1_000);
  for (const each of [one, two]) {
    expect(each.expelled).toEqual(['reporter']);
    expect(each.events).toEqual([{ kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', reason: 'odd queries', jws: expect.any(String) }]);
  }
  await two.freezer.thaw('reporter', 'kim@example.com');
  await eventually(() => !one.freezer.isFrozen('reporter'), 'the first replica', 1_000);
  expect(one.events.at(-1)).toEqual({ kind: 'agent.thawed', agent: 'reporter', by: 'kim@example.com', jws: expect.any(String) });
});

test('who starts later knows, too', async () => {
  await start().freezer.freeze('reporter', 'sam@example.com');
  const later = start();
  await eventually(() => later.freezer.isFrozen('reporter'), 'the later one');
  expect(later.expelled).toEqual(['reporter']);
});

test('what an attacker writes into the store freezes and thaws nobody', async () => {
  const mine = start();
  await mine.freezer.freeze('reporter', 'sam@example.com');
  const old = (await mine.store.records('freezes'))[0] ?? '';
  await mine.freezer.thaw('reporter', 'sam@example.com');
  await mine.freezer.freeze('reporter', 'sam@example.com');
  const forged = await sign('countersign-freeze+jws', { agent: 'writer', frozen: true, by: 'x', at: Date.now() }, newKeys());
  const decision = await sign('countersign-decision+jws', { agent: 'reporter', frozen: false, by: 'x', at: Date.now() + 1e6 }, mine.keys);
  await withRedis(redis.url, async (client) => {
    await client.hset(`${BASE}:freezes`, `${mine.keys.kid} reporter`, old.replace(/^./, 'x'), 'writer', forged, 'other', decision, 'more', 'nonsense');
    await client.publish(`${BASE}:changes`, 'freezes changed');
  });
  // It gives the store back what it lacks.
  await eventually(async () => (await mine.store.records('freezes')).length === 4 && (await mine.store.records('freezes'))[0]?.startsWith('x') === false, 'the record put back');
  expect(mine.freezer.isFrozen('reporter')).toBe(true);
  expect(mine.freezer.isFrozen('writer')).toBe(false);
  await withRedis(redis.url, async (client) => {
    await client.del(`${BASE}:freezes`);
    await client.publish(`${BASE}:changes`, 'freezes changed');
  });
  await eventually(async () => (await mine.store.records('freezes')).length === 1, 'the record put back');
  expect(mine.freezer.isFrozen('reporter')).toBe(true);
});

test('while the store is down the agent is stopped here, and elsewhere as soon as it answers', async () => {
  const [one, two] = [start(), start()];
  await one.store.healthy();
  await redis.kill();
  expect(await one.freezer.freeze('reporter', 'sam@example.com')).toEqual({ everywhere: false });
  expect(one.expelled).toEqual(['reporter']);
  await redis.restart();
  await eventually(() => two.freezer.isFrozen('reporter'), 'the other replica', 15_000);
}, 30_000);

test('what it waits for, deferred, is withdrawn', async () => {
  const { store, freezer } = start();
  const now = Date.now();
  for (const [id, agent] of [['req_aaaaaaaaaaaaaaaa', 'reporter'], ['req_bbbbbbbbbbbbbbbb', 'writer']] as const) {
    await store.open({ id, draft: draft(now, { mode: 'deferred', text: id, digest: id, agent: { name: agent, owner: 'dana@example.com', groups: [] } }), seal: 's', leftMs: 60_000 });
  }
  await freezer.freeze('reporter', 'sam@example.com');
  expect(await store.states(['req_aaaaaaaaaaaaaaaa', 'req_bbbbbbbbbbbbbbbb'])).toEqual(['withdrawn', 'pending']);
});

test('two that don\'t believe each other leave each other\'s records alone', async () => {
  const [one, other] = [start(), start({ ...replica(redis.url), keys: newKeys() })];
  await one.freezer.freeze('reporter', 'sam@example.com');
  await other.freezer.thaw('reporter', 'sam@example.com');
  let told = 0;
  one.store.listen({ changed: () => {}, resync: () => {}, recorded: () => { told += 1; } });
  await one.freezer.freeze('writer', 'sam@example.com');
  await new Promise((resolve) => setTimeout(resolve, 300));
  // Three at most: those that were put here.
  expect(told).toBeLessThan(4);
  expect([one.freezer.isFrozen('reporter'), other.freezer.isFrozen('reporter'), (await one.store.records('freezes')).length]).toEqual([true, false, 3]);
});
