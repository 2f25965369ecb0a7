import { expect, it } from 'vitest';
import { LookupBudget } from '../../src/session/lookup-budget.ts';
import { FakeClock } from '../support/fake-clock.ts';

it('each agent has its lookups, anew each hour, and is told when', () => {
  const clock = new FakeClock();
  const budget = new LookupBudget(3, clock);
  expect([budget.spend('a', 2), budget.spend('a', 1), budget.spend('b', 3)]).toEqual([undefined, undefined, undefined]);
  clock.advance(30 * 60_000);
  expect(budget.spend('a', 1)).toBe('the agent has looked rows up by masked values 3 times within the hour, which is all that limits.lookups lets it; 30 min until it may again');
  clock.advance(30 * 60_000);
  expect(budget.spend('a', 3)).toBeUndefined();
});
