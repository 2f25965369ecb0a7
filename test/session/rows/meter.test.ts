import { expect, it } from 'vitest';
import type { RowBudget, Span } from '../../../src/policy/verdict.ts';
import { Meter } from '../../../src/session/rows/meter.ts';
import { HourPot, sessionPot, statementPot } from '../../../src/session/rows/pot.ts';

const budget = (per: Span, rows: number): RowBudget => ({ rule: per, action: 'deny', per, rows });

/** Lets rows pass as replies do; answers with how many did. */
function pass(meter: Meter, rows: number): number {
  for (let passed = 0; passed < rows; passed++) {
    if (meter.left === 0 && !meter.more()) return passed;
    meter.left--;
  }
  return rows;
}

it('the smallest of several pots stops the rows, whichever it is', () => {
  const session = sessionPot(budget('session', 15));
  const stopped: string[] = [];
  const meter = (): Meter => new Meter([statementPot(budget('statement', 10)), session], ({ empty }) => void stopped.push(empty?.budget.per ?? ''));
  const [first, second] = [meter(), meter()];
  expect(pass(first, 100)).toBe(10);
  first.rest();
  expect(pass(second, 100)).toBe(5);
  expect(stopped).toEqual(['statement', 'session']);
});

it('once people have let it pass, a statement\'s rows all do, and a session counts anew behind it', () => {
  const session = sessionPot(budget('session', 15));
  const meter = new Meter([session], () => {});
  expect(pass(meter, 100)).toBe(15);
  meter.passBeyond(session);
  expect(pass(meter, 1000)).toBe(1000);
  meter.rest();
  expect(pass(new Meter([session], () => {}), 100)).toBe(15);
});

it('rows are set aside by the block, and what isn\'t needed is given back', async () => {
  let left = 1000;
  const counts = {
    take: (_: string, rows: number) => {
      const granted = Math.min(rows, left);
      left -= granted;
      return Promise.resolve(granted);
    },
    give: (_: string, rows: number) => void (left += rows),
    renew: () => {},
  };
  const pot = new HourPot(budget('hour', 1000), 'agent', counts);
  const meter = new Meter([pot], () => {});
  expect(pass(meter, 3)).toBe(0);
  await pot.refill();
  expect([left, pass(meter, 3)]).toEqual([950, 3]);
  meter.rest();
  expect([left, pot.left]).toEqual([997, 0]);
});

it('a budget of no rows stops the first', () => {
  expect(pass(new Meter([statementPot(budget('statement', 0))], () => {}), 5)).toBe(0);
});
