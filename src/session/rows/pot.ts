/** What is left of one budget of rows. */

import type { RowBudget } from '../../policy/verdict.ts';
import type { HourCounts } from './hour-counts.ts';

export interface Pot {
  readonly budget: RowBudget;
  /** How many may pass before it is asked again. */
  readonly left: number;
  spend(rows: number): void;
  /** Where what is left isn't known here: asks for more. */
  refill?(): Promise<void>;
  /** People have let rows pass beyond it. */
  renew(): void;
  /** For now no more rows come. */
  close?(): void;
}

/** Of one statement: once people have let it pass, all of it does. */
export function statementPot(budget: RowBudget): Pot {
  return new OwnPot(budget, Infinity);
}

/** Of one session: once people have let a result pass, the count begins anew behind it. */
export function sessionPot(budget: RowBudget): Pot {
  return new OwnPot(budget, budget.rows);
}

class OwnPot implements Pot {
  readonly budget: RowBudget;
  readonly #renewed: number;
  left: number;

  constructor(budget: RowBudget, renewed: number) {
    this.budget = budget;
    this.#renewed = renewed;
    this.left = budget.rows;
  }

  spend(rows: number): void {
    this.left -= rows;
  }

  renew(): void {
    this.left = this.#renewed;
  }
}

/** Rows are set aside by the block, so that the store isn't asked for each: this part of the budget, and at most so many. */
const BLOCKS = 20;
const LARGEST_BLOCK = 4096;

type Counts = Pick<HourCounts, 'take' | 'give' | 'renew'>;

/** Of what an agent reads within an hour, on whichever replica. */
export class HourPot implements Pot {
  readonly budget: RowBudget;
  readonly #account: string;
  readonly #counts: Counts;
  readonly #block: number;
  left = 0;

  constructor(budget: RowBudget, agent: string, counts: Counts) {
    this.budget = budget;
    this.#account = JSON.stringify([agent, budget.rule]);
    this.#counts = counts;
    this.#block = Math.min(Math.max(Math.ceil(budget.rows / BLOCKS), 1), LARGEST_BLOCK);
  }

  spend(rows: number): void {
    this.left -= rows;
  }

  async refill(): Promise<void> {
    this.left += await this.#counts.take(this.#account, this.#block, this.budget.rows);
  }

  renew(): void {
    this.#counts.renew(this.#account);
  }

  close(): void {
    if (this.left > 0) this.#counts.give(this.#account, this.left);
    this.left = 0;
  }
}
