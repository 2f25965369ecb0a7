import type { Clock } from '../runtime/clock.ts';

/** ISO times, written out once a millisecond. */
export class Stamp {
  readonly #clock: Pick<Clock, 'now'>;
  #ms = Number.NaN;
  /** The last that was given. */
  last = '';

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  now(): string {
    const now = this.#clock.now();
    if (now === this.#ms) return this.last;
    this.last = new Date(now).toISOString();
    this.#ms = now;
    return this.last;
  }
}
