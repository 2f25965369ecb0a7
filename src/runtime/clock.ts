/** Time and timers, passed in everywhere so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Monotonic milliseconds, for durations. */
  monotonic(): number;
  /** Calls back once after `ms`; the handle cancels it. Never keeps the process alive by itself. */
  after(ms: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    // setTimeout fires at once for delays over 2^31-1 ms.
    const timer = setTimeout(callback, Math.min(ms, 2_147_483_647));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
