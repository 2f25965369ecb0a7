/**
 * `rows_over`: how many rows may reach the agent before people are asked, or the result is cut off. Which statements a budget is for
 * is known when they are judged; that it is crossed, only when the rows come.
 */

import type { Rule } from './model.ts';
import { type RowBudget, type Span, SPANS, type Verdict } from './verdict.ts';

/** In the order of SPANS. @param observed they stop nothing */
export function budgetsOf({ name, action, rowsOver, hold, because }: Rule, observed: boolean): readonly RowBudget[] {
  if (rowsOver === undefined || (action !== 'hold' && action !== 'deny')) return [];
  return SPANS.flatMap((per) => {
    const rows = rowsOver[per];
    return rows === undefined ? [] : [{ rule: name, action, per, rows, ...(hold !== undefined && { hold }), ...(because !== undefined && { because }), ...(observed && { observed }) }];
  });
}

const WHOSE: Readonly<Record<Span, string>> = { statement: 'its result has', session: 'this session has read', hour: 'this agent has read within an hour' };

/** `its result has more than 1000 rows, and is held there by rule big-reads: leaves the database`. */
export function budgetReason({ rule, action, per, rows, because }: RowBudget): string {
  return `${WHOSE[per]} more than ${rows} ${rows === 1 ? 'row' : 'rows'}, and is ${action === 'hold' ? 'held' : 'cut off'} there by rule ${rule}${because === undefined ? '' : `: ${because}`}`;
}

/** The rule by which an error says that rows were cut off; undefined: it says no such thing. */
export function cutOffBy(message: string): string | undefined {
  return /\bmore than \d+ rows?, and is cut off there by rule ([\w.-]+)/.exec(message)?.[1];
}

/** What the verdict becomes once the budget is crossed. */
export function overrun(verdict: Verdict, budget: RowBudget): Verdict {
  const { rule, action, hold } = budget;
  const { budgets: _, ...rest } = verdict;
  return { ...rest, action, rule, reason: budgetReason(budget), matched: [...new Set([...verdict.matched, rule])].toSorted(), ...(hold !== undefined && { hold }) };
}

/** What the verdict comes to of a statement that gives so many rows, as the first of its session and hour. */
export function withRows(verdict: Verdict, rows: number): Verdict {
  if (verdict.action === 'hold' || verdict.action === 'deny') return verdict;
  const crossed = (verdict.budgets ?? []).filter((budget) => rows > budget.rows);
  const [first] = crossed.toSorted((a, b) => a.rows - b.rows || Number(a.action === 'hold') - Number(b.action === 'hold'));
  return first === undefined ? verdict : overrun(verdict, first);
}
