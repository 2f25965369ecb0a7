import { expect, test } from 'vitest';
import { ReplayPace } from '../../src/cli/replay-pace.ts';
import type { JournalRecord } from '../../src/journal/events.ts';
import { paced } from '../../src/journal/replay.ts';
import { FakeClock } from '../support/fake-clock.ts';

const at = (ms: number): JournalRecord => ({ sequence: 1, time: new Date(ms).toISOString(), event: { kind: 'process.stop', reason: `${ms}` } });

/** Replays records of these times; `seen` is when each was shown. */
function replay(times: readonly number[], speed: number) {
  const clock = new FakeClock();
  const over = new AbortController();
  const pace = new ReplayPace(speed, clock, over.signal);
  const seen: number[] = [];
  async function* source(): AsyncGenerator<JournalRecord> { yield* times.map(at); }
  const done = (async () => {
    for await (const _ of paced(source(), pace)) seen.push(clock.monotonic());
  })();
  return { clock, over, pace, seen, done };
}

test('waits as long as it took, divided by the speed, and no longer than 5 s', async () => {
  const { clock, seen, done } = replay([0, 1000, 1000, 900_000], 10);
  await clock.advanceAsync(6000);
  await done;
  expect(seen).toEqual([0, 100, 100, 5100]);
});

test('pauses and goes on where it was, also between records of one time', async () => {
  const { clock, pace, seen, done } = replay([0, 1000, 1000, 2000], 1);
  await clock.advanceAsync(400);
  pace.pause();
  await clock.advanceAsync(10_000);
  expect(seen).toEqual([0]);
  pace.pause();
  await clock.advanceAsync(599);
  expect(seen).toEqual([0]);
  await clock.advanceAsync(1001);
  await done;
  expect(seen).toEqual([0, 11_000, 11_000, 12_000]);
});

test('steps to the next record while it is paused, and only to that', async () => {
  const { clock, pace, seen } = replay([0, 1000, 2000, 3000], 1);
  await clock.advanceAsync(0);
  pace.pause();
  pace.step();
  await clock.advanceAsync(10);
  expect(seen).toEqual([0, 0]);
  pace.step();
  pace.step();
  await clock.advanceAsync(10);
  expect(seen).toEqual([0, 0, 10, 10]);
});

test('changes its speed in the middle of a wait', async () => {
  const { clock, pace, seen, done } = replay([0, 4000], 1);
  await clock.advanceAsync(2000);
  pace.change(2);
  await clock.advanceAsync(1000);
  await done;
  expect(seen).toEqual([0, 3000]);
  for (let n = 0; n < 40; n++) pace.change(2);
  expect(pace.speed).toBe(1024);
});

test('ends when it is told to, also while it is paused', async () => {
  const { clock, over, pace, seen, done } = replay([0, 1000], 1);
  await clock.advanceAsync(0);
  pace.pause();
  over.abort();
  await done;
  expect(seen).toEqual([0]);
});
