/** Statements that let a known name mean something else: what is judged behind one of them isn't vetted by the catalog. Pure. */

import type { Facts, StatementFacts } from '../sql/facts.ts';

const REDEFINES = /\b(function|procedure|routine|operator|cast|type|domain|aggregate|extension|schema|language|rule|trigger|view|transform|conversion|class|family)\b/;

const does = ({ kind }: StatementFacts): boolean => REDEFINES.test(kind);

export const redefines = ({ statements }: Facts): boolean => statements.some(does);

/** Does a command of the batch run behind one of the same batch that redefines? */
export function redefinesItself({ statements }: Facts): boolean {
  if (statements.length < 2) return false;
  const first = statements.findIndex(does);
  return first !== -1 && statements.slice(first + 1).some(({ effects }) => effects.some(({ effect }) => effect !== 'transaction' && effect !== 'session'));
}
