import type { Clock } from '../runtime/clock.ts';

const FIRST_MS = 1_000;
const MOST_MS = 60_000;

/** Waits longer after each failure in a row: from a second up to a minute, unless told otherwise. */
export class Backoff {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #mostMs: number;
  #next: number;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(clock: Clock, { firstMs = FIRST_MS, mostMs = MOST_MS } = {}) {
    this.#clock = clock;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#next = firstMs;
  }

  /** @param atLeastMs what the other side asked for. Ends early on `stop`, and at once after it. */
  async wait(atLeastMs = 0): Promise<void> {
    const ms = Math.max(this.#next, atLeastMs);
    this.#next = Math.min(this.#next * 2, this.#mostMs);
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  reset(): void {
    this.#next = this.#firstMs;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }
}
