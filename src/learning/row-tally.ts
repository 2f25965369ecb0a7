/** Rows that were delivered, counted against budgets as `session/rows` does; people are taken to let pass what they are asked about. */

import { HourWindow } from '../approval/hour-window.ts';
import type { RowBudget } from '../policy/verdict.ts';

export interface DeliveredRows {
  readonly session: string;
  readonly agent: string;
  /** Of the same statement, that came before these. */
  readonly before: number;
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export class RowTally {
  /** By session, then by rule. */
  readonly #sessions = new Map<string, Map<string, number>>();
  /** By agent and rule. */
  readonly #hours = new Map<string, HourWindow>();

  /** Which budget these rows go beyond; the smallest of several. */
  crossed(budgets: readonly RowBudget[], delivered: DeliveredRows): RowBudget | undefined {
    const crossed = budgets.filter((budget) => this.#spends(budget, delivered));
    return crossed.toSorted((a, b) => a.rows - b.rows)[0];
  }

  /** No more rows of it come. */
  ended(session: string): void {
    this.#sessions.delete(session);
  }

  #spends(budget: RowBudget, delivered: DeliveredRows): boolean {
    switch (budget.per) {
      case 'statement': return delivered.before + delivered.rows > budget.rows;
      case 'session': return this.#spendsSession(budget, delivered);
      case 'hour': default: return this.#spendsHour(budget, delivered);
    }
  }

  #spendsSession({ rule, rows: most, action }: RowBudget, { session, rows }: DeliveredRows): boolean {
    const counts = this.#sessions.get(session) ?? new Map<string, number>();
    this.#sessions.set(session, counts);
    const count = (counts.get(rule) ?? 0) + rows;
    const over = count > most;
    counts.set(rule, over ? (action === 'hold' ? 0 : most) : count);
    return over;
  }

  #spendsHour({ rule, rows: most, action }: RowBudget, { agent, rows, at }: DeliveredRows): boolean {
    const account = JSON.stringify([agent, rule]);
    const window = this.#hours.get(account) ?? new HourWindow();
    this.#hours.set(account, window);
    const over = window.spend(rows, most, at) < rows;
    if (over && action === 'hold') this.#hours.delete(account);
    return over;
  }
}
