import type { Clock } from '../../runtime/clock.ts';

const FIRST_MS = 1_000;
const MOST_MS = 60_000;

/** Waits longer after each failure in a row, up to a minute. */
export class Backoff {
  readonly #clock: Clock;
  #next = FIRST_MS;
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param atLeastMs what the other side asked for. Ends early on `stop`. */
  async wait(atLeastMs = 0): Promise<void> {
    const ms = Math.max(this.#next, atLeastMs);
    this.#next = Math.min(this.#next * 2, MOST_MS);
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  reset(): void {
    this.#next = FIRST_MS;
  }

  stop(): void {
    this.#wake();
  }
}
