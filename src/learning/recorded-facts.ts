import type { StatementEvent } from '../journal/events.ts';
import { said } from '../policy/observe.ts';
import type { Policy, Subject, Verdict } from '../policy/verdict.ts';
import type { Facts } from '../sql/facts.ts';
import type { SeenStatement } from './traffic.ts';

/** By what a record says of its statements, which is one object for all that were judged alike. */
const known = new WeakMap<StatementEvent['statements'], Facts>();

const IDLE: Subject['transaction'] = { open: false, ageMs: 0 };

/** What the policy says of a recorded statement, whether or not it only observes. */
export function judgeRecorded(policy: Pick<Policy, 'decide'>, { event, by, time }: SeenStatement, transaction = IDLE): Verdict {
  return said(policy.decide(recordedFacts(event), { ...by, text: event.text, transaction, now: new Date(time) }));
}

/** The facts of a recorded statement as far as a policy looks at them. */
function recordedFacts(event: StatementEvent): Facts {
  const { effects, tables, statements } = event;
  let facts = known.get(statements);
  if (facts?.effects !== effects || facts.tables !== tables) known.set(statements, (facts = factsOf(event)));
  return facts;
}

function factsOf({ effects, tables, statements }: StatementEvent): Facts {
  return {
    statements: statements.map((one) => ({
      kind: one.kind, start: 0, end: 0, effects: one.effects ?? effects, tables: one.tables ?? tables, unbounded: one.unbounded === true, settings: [], names: [],
    })),
    effects, tables, unbounded: statements.some(({ unbounded }) => unbounded === true), unresolved: false, integersFree: false,
  };
}
