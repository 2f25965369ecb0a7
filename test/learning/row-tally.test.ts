import { expect, test } from 'vitest';
import { RowTally } from '../../src/learning/row-tally.ts';
import type { RowBudget, Span } from '../../src/policy/verdict.ts';

const HOUR = 3_600_000;
const budget = (per: Span, rows: number, action: 'hold' | 'deny' = 'hold'): RowBudget => ({ rule: `${per}-${rows}`, action, per, rows });

const counting = (...budgets: RowBudget[]) => {
  const tally = new RowTally();
  return (rows: number, { session = 's_1', agent = 'a', at = 0, before = 0 } = {}) => tally.crossed(budgets, { session, agent, before, rows, at })?.rule;
};

test('of one statement, in portions, too', () => {
  const crossed = counting(budget('statement', 10));
  expect([crossed(10), crossed(11), crossed(5), crossed(6, { before: 5 })]).toEqual([undefined, 'statement-10', undefined, 'statement-10']);
});

test('of a session: what people let pass begins it anew, what is cut off doesn\'t', () => {
  const held = counting(budget('session', 10));
  expect([held(10), held(1), held(10), held(10, { session: 's_2' }), held(1)]).toEqual([undefined, 'session-10', undefined, undefined, 'session-10']);
  const denied = counting(budget('session', 10, 'deny'));
  expect([denied(8), denied(8), denied(1), denied(0)]).toEqual([undefined, 'session-10', 'session-10', undefined]);
});

test('of an agent within an hour, over its sessions', () => {
  const crossed = counting(budget('hour', 10, 'deny'));
  expect([crossed(6), crossed(6, { session: 's_2' }), crossed(6, { agent: 'b' }), crossed(10, { at: 2 * HOUR })]).toEqual([undefined, 'hour-10', undefined, undefined]);
});

test('the smallest of several says so', () => {
  expect(counting(budget('session', 20), budget('statement', 10))(30)).toBe('statement-10');
});
