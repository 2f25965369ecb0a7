import { beforeEach, describe, expect, test } from 'vitest';
import { Deadlines } from '../../src/runtime/deadlines.ts';
import { FakeClock } from '../support/fake-clock.ts';

const DAY = 86_400_000;
const TICK = 100;
let clock: FakeClock;
let due: string[];
let deadlines: Deadlines;
beforeEach(() => {
  clock = new FakeClock();
  due = [];
  deadlines = new Deadlines(clock, (key) => due.push(key));
});

describe('a deadline', () => {
  test('comes once, then, and not before, even if that is farther away than a timer reaches', () => {
    deadlines.add('a', clock.now() + 30 * DAY + 5);
    clock.advance(30 * DAY + 4);
    expect(due).toEqual([]);
    clock.advance(TICK);
    clock.advance(DAY);
    expect([due, clock.waiting]).toEqual([['a'], 0]);
  });

  test('comes soon where its time has passed, but never before it is known what to remove', () => {
    deadlines.add('late', clock.now() - DAY);
    expect(due).toEqual([]);
    clock.advance(0);
    expect(due).toEqual(['late']);
  });

  test('doesn\'t come once it is removed', () => {
    const [never, later] = [clock.now() + 3 * DAY, clock.now() + 4 * DAY];
    deadlines.add('never', never);
    deadlines.add('later', later);
    clock.advance(2 * DAY);
    deadlines.remove('never', never);
    clock.advance(5 * DAY);
    expect(due).toEqual(['later']);
  });

  test('costs no timer of its own', () => {
    for (let n = 0; n < 500; n += 1) deadlines.add(`${n}`, clock.now() + n * 1_000);
    expect(clock.waiting).toBe(1);
    deadlines.close();
    clock.advance(DAY);
    expect([due, clock.waiting]).toEqual([[], 0]);
  });
});
