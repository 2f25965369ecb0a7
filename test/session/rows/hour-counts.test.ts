import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/approval/memory-store.ts';
import { HourCounts } from '../../../src/session/rows/hour-counts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const clock = new FakeClock();

it('counts for all replicas', async () => {
  const store = createMemoryStore({ clock });
  const [one, other] = [new HourCounts(store, clock), new HourCounts(store, clock)];
  expect([await one.take('a', 60, 100), await other.take('a', 60, 100), await one.take('a', 60, 100)]).toEqual([60, 40, 0]);
  other.give('a', 40);
  expect(await one.take('a', 60, 100)).toBe(40);
  one.renew('a');
  expect(await one.take('a', 60, 100)).toBe(60);
});

it('counts by itself while the store doesn\'t answer', async () => {
  const down = () => Promise.reject(new Error('down'));
  const counts = new HourCounts({ spend: down, renew: down }, clock);
  expect([await counts.take('a', 60, 100), await counts.take('a', 60, 100), await counts.take('a', 60, 100)]).toEqual([60, 40, 0]);
  counts.give('a', 10);
  expect(await counts.take('a', 60, 100)).toBe(10);
});

it('attack: whoever sets the store\'s count back gains nothing here', async () => {
  const store = createMemoryStore({ clock });
  const counts = new HourCounts(store, clock);
  expect(await counts.take('a', 100, 100)).toBe(100);
  await store.renew('a');
  expect(await counts.take('a', 100, 100)).toBe(0);
});
