/** What one run of a statement means for masked columns, beside what its text does: the values it brings along, and how often it is asked. */

import { judgeUses, type UseVerdict } from '../masking/judge-uses.ts';
import { parameterTexts } from '../protocol/parameters.ts';
import type { ParameterValue } from '../protocol/statement.ts';
import type { LookupBudget } from './lookup-budget.ts';
import type { Veiling } from './veiling.ts';

/** Undefined: nothing. */
export function runRuling({ veil, substitution }: Veiling, parameters: readonly ParameterValue[], agent: string, lookups: LookupBudget): UseVerdict | undefined {
  const { uses } = substitution;
  if (parameters.length > 0 && uses.some(({ value }) => typeof value === 'number')) {
    const texts = parameterTexts(parameters);
    const ruling = judgeUses(substitution, veil.sight, (number) => texts[number - 1] ?? undefined);
    if (ruling.action !== 'mask') return ruling;
  }
  const count = uses.filter(({ use }) => use === 'lookup').length;
  const spent = count === 0 ? undefined : lookups.spend(agent, count);
  return spent === undefined ? undefined : { action: 'hold', reason: spent };
}
