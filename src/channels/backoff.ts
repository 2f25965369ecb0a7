import type { Clock } from '../runtime/clock.ts';
import { delay } from '../runtime/delay.ts';

const FIRST_MS = 1_000;
const MOST_MS = 60_000;

/** Waits longer after each failure in a row: from a second up to a minute. */
export class Backoff {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #next = FIRST_MS;

  /** @param signal ends waits early: the one under way and all after it */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** @param atLeastMs what the other side asked for */
  async wait(atLeastMs = 0): Promise<void> {
    const ms = Math.max(this.#next, atLeastMs);
    this.#next = Math.min(this.#next * 2, MOST_MS);
    await delay(ms, this.#clock, this.#signal);
  }

  reset(): void {
    this.#next = FIRST_MS;
  }
}
