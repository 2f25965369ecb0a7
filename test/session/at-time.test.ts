import { describe, expect, test } from 'vitest';
import { atTime } from '../../src/session/at-time.ts';
import { FakeClock } from '../support/fake-clock.ts';

const DAY = 86_400_000;

describe('what happens at a time', () => {
  test('happens once, then, and not before, even if that is farther away than a timer reaches', () => {
    const clock = new FakeClock();
    const calls: number[] = [];
    const start = clock.now();
    atTime(clock, start + 60 * DAY + 5, () => calls.push(clock.now() - start));
    clock.advance(60 * DAY + 4);
    expect(calls).toEqual([]);
    clock.advance(1);
    clock.advance(60 * DAY);
    expect(calls).toEqual([60 * DAY + 5]);
    expect(clock.waiting).toBe(0);
  });

  test('happens soon where the time has passed, but never before it is known what to cancel', () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    atTime(clock, clock.now() - DAY, () => calls.push('late'));
    expect(calls).toEqual([]);
    clock.advance(0);
    expect(calls).toEqual(['late']);
  });

  test('doesn\'t happen once it is cancelled, also after the first of several waits', () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const waiting = atTime(clock, clock.now() + 3 * DAY, () => calls.push('never'));
    clock.advance(2 * DAY);
    waiting.cancel();
    clock.advance(5 * DAY);
    expect([calls, clock.waiting]).toEqual([[], 0]);
  });
});
