/** How fast a replay goes, which the person who watches it may change at any time. */

import type { Pace } from '../journal/replay.ts';
import type { Clock } from '../runtime/clock.ts';
import { delay } from '../runtime/delay.ts';

/** Longest pause a replay makes, milliseconds: nobody watches a session think for an hour. */
const LONGEST_MS = 5000;
const FASTEST = 1024;

export class ReplayPace implements Pace {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #speed: number;
  #paused = false;
  /** Records that are to come at once, whatever the time between them. */
  #steps = 0;
  #change = new AbortController();

  /** @param speed 1: as it was; 10: ten times as fast; Infinity: at once */
  constructor(speed: number, clock: Clock, signal: AbortSignal) {
    this.#speed = speed;
    this.#clock = clock;
    this.#signal = signal;
  }

  get speed(): number {
    return this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  async wait(ms: number): Promise<boolean> {
    // Cut to what is waited for at most, as the speed is then.
    let left = Math.min(ms, LONGEST_MS * this.#speed);
    while ((left > 0 || this.#paused) && this.#steps === 0 && !this.#signal.aborted) {
      const began = this.#clock.monotonic();
      const { speed, paused } = this;
      await delay(paused ? Infinity : left / speed, this.#clock, AbortSignal.any([this.#signal, this.#change.signal]));
      if (!paused) left -= (this.#clock.monotonic() - began) * speed;
    }
    if (this.#steps > 0) this.#steps--;
    return !this.#signal.aborted;
  }

  /** Goes on, or stays where it is. */
  pause(): void {
    this.#paused = !this.#paused;
    this.#changed();
  }

  /** The next record, now. */
  step(): void {
    this.#steps++;
    this.#changed();
  }

  /** So many times as fast as before. */
  change(factor: number): void {
    this.#speed = Math.min(FASTEST, Math.max(1 / FASTEST, this.#speed * factor));
    this.#changed();
  }

  #changed(): void {
    this.#change.abort();
    this.#change = new AbortController();
  }
}
