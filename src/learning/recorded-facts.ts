import type { StatementEvent } from '../journal/events.ts';
import type { Facts } from '../sql/facts.ts';

/** By what a record says of its statements, which is one object for all that were judged alike. */
const known = new WeakMap<StatementEvent['statements'], Facts>();

/** The facts of a recorded statement as far as a policy looks at them. */
export function recordedFacts(event: StatementEvent): Facts {
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
