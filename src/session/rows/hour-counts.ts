/** Rows that agents read within an hour, on all replicas. */

import { HourWindow } from '../../approval/hour-window.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Accounts of agents that come and go are forgotten, oldest first. */
const MOST_ACCOUNTS = 10_000;

/**
 * The store counts for all replicas. Beside it each counts what it has let through itself: that is all there is while the store doesn't answer, and
 * whoever sets the store's count back gains no more than one budget a replica.
 */
export class HourCounts {
  readonly #store: Pick<ApprovalStore, 'spend' | 'renew'>;
  readonly #clock: Clock;
  readonly #own = new Map<string, HourWindow>();

  constructor(store: Pick<ApprovalStore, 'spend' | 'renew'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Sets aside as many of `rows` as are left of the limit now. Never rejects. */
  async take(account: string, rows: number, limit: number): Promise<number> {
    const own = this.#spend(account, rows, limit);
    if (own === 0) return 0;
    const granted = await this.#store.spend(account, own, limit).catch(() => own);
    if (granted < own) this.#spend(account, granted - own, limit);
    return granted;
  }

  /** Gives back what was set aside and wasn't needed. */
  give(account: string, rows: number): void {
    this.#spend(account, -rows, 0);
    this.#store.spend(account, -rows, 0).catch(() => {}); // they count until the hour is over, then
  }

  /** The hour begins anew. */
  renew(account: string): void {
    this.#own.delete(account);
    this.#store.renew(account).catch(() => {}); // people are asked again sooner, then
  }

  #spend(account: string, rows: number, limit: number): number {
    const window = this.#own.get(account) ?? new HourWindow();
    this.#own.delete(account);
    this.#own.set(account, window);
    const [oldest] = this.#own.keys();
    if (this.#own.size > MOST_ACCOUNTS && oldest !== undefined) this.#own.delete(oldest);
    return window.spend(rows, limit, this.#clock.now());
  }
}
