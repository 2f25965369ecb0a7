import { expect, it } from 'vitest';
import { HOUR_MS, HourWindow } from '../../src/approval/hour-window.ts';

it('what was spent is free again an hour later, by the minute', () => {
  const window = new HourWindow();
  const minute = 60_000;
  expect([window.spend(30, 100, 0), window.spend(50, 100, 10 * minute), window.spend(50, 100, 59 * minute)]).toEqual([30, 50, 20]);
  expect([window.spend(50, 100, HOUR_MS), window.spend(50, 100, HOUR_MS + 9 * minute), window.spend(60, 100, HOUR_MS + 10 * minute)]).toEqual([30, 0, 50]);
});

it('what is given back after its minute is forgotten gives nobody more than the limit', () => {
  const window = new HourWindow();
  window.spend(100, 100, 0);
  window.spend(-40, 100, 30 * 60_000);
  expect(window.spend(500, 100, HOUR_MS + 1)).toBe(100);
});
