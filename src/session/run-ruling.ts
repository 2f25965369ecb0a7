/** What one run of a statement means for masked columns, beside what its text does: the values it brings along, and how often it is asked. */

import { isMaskOutput, type UsesRuling } from '../masking/judge-uses.ts';
import { parameterTexts } from '../protocol/parameters.ts';
import type { ParameterValue } from '../protocol/statement.ts';
import type { LookupBudget } from './lookup-budget.ts';
import type { Veiling } from './veiling.ts';

/** Undefined: nothing. */
export function runRuling({ veil, substitution: { uses } }: Veiling, parameters: readonly ParameterValue[], agent: string, lookups: LookupBudget): UsesRuling | undefined {
  if (uses.length === 0) return undefined;
  const texts = parameters.length === 0 ? [] : parameterTexts(parameters);
  for (const { use, relation, column, value } of uses) {
    const given = use === 'written' && typeof value === 'number' ? (texts[value - 1] ?? undefined) : undefined;
    const masked = given === undefined ? undefined : veil.sight.columnNamed(relation, column);
    if (given !== undefined && masked !== undefined && isMaskOutput(masked, given)) {
      return { action: 'hold', reason: `parameter ${value} is a mask of ${relation}.${column}, and would be stored in the place of the value: leave the column out` };
    }
  }
  const count = uses.filter(({ use }) => use === 'lookup').length;
  const spent = count === 0 ? undefined : lookups.spend(agent, count);
  return spent === undefined ? undefined : { action: 'hold', reason: spent };
}
