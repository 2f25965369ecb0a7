import type { Clock } from '../../src/runtime/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until the test moves it. Timers fire in the order of their times, then of their making. */
export class FakeClock implements Clock {
  readonly #start: number;
  readonly #timers = new Set<Timer>();
  #elapsed = 0;
  #made = 0;

  /** @param start milliseconds since 1970; by default 2026-01-01T12:00:00Z. */
  constructor(start = Date.UTC(2026, 0, 1, 12)) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void): { cancel(): void } {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#made++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what falls due, also what those callbacks set. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#timers.delete(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.callback();
    }
    this.#elapsed = end;
  }

  /** As advance, but lets promises settle before the first timer and after each, for code that awaits between timers. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#timers.delete(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.callback();
      await settled();
    }
    this.#elapsed = end;
  }

  #due(end: number): Timer | undefined {
    const [first] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at || a.order - b.order);
    return first;
  }
}

/** A turn of the event loop runs every microtask that is ready. */
const settled = () => new Promise<void>((resolve) => {
  setImmediate(resolve);
});
