import { expect, test } from 'vitest';

import { FakeClock } from './fake-clock.ts';

test('fires timers in order of time, those set by timers too, and not cancelled ones', () => {
  const clock = new FakeClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
  clock.after(30, note('late'));
  clock.after(10, () => {
    note('early')();
    clock.after(5, note('nested'));
  });
  clock.after(20, note('never')).cancel();
  clock.advance(29);
  expect(fired).toEqual(['early at 1010', 'nested at 1015']);
  expect(clock.waiting).toBe(1);
  clock.advance(1);
  expect(fired.at(-1)).toBe('late at 1030');
  expect(clock.monotonic()).toBe(30);
});

test('lets promises settle between timers', async () => {
  const clock = new FakeClock();
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  let rounds = 0;
  const loop = (async () => {
    for (; rounds < 3; rounds++) await pause(10);
  })();
  await clock.advanceAsync(30);
  await loop;
  expect(rounds).toBe(3);
});
