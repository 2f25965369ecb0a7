/** Counts one statement's rows against all budgets that it is under. */

import type { RowMeter } from '../../protocol/statement.ts';
import type { Pot } from './pot.ts';

export class Meter implements RowMeter {
  readonly pots: readonly Pot[];
  readonly #stop: (meter: Meter) => void;
  /** Those that people have let this statement go beyond. */
  readonly #beyond = new Set<Pot>();
  #lent = 0;
  left = 0;
  /** How many have passed so far. */
  passed = 0;

  /** @param stop a row has to wait, since one of them is empty */
  constructor(pots: readonly Pot[], stop: (meter: Meter) => void) {
    this.pots = pots;
    this.#stop = stop;
  }

  more(): boolean {
    this.#settle();
    if (this.empty !== undefined) {
      this.#stop(this);
      return false;
    }
    this.#lent = this.left = Math.min(...this.#counting.map(({ left }) => left));
    return true;
  }

  /** The first that lets nothing more pass. */
  get empty(): Pot | undefined {
    return this.#counting.find(({ left }) => left === 0);
  }

  /** People have let the rest of this statement's rows pass. */
  passBeyond(pot: Pot): void {
    this.#beyond.add(pot);
    pot.renew();
  }

  /** No more rows come, or none before more is asked for. */
  rest(): void {
    this.#settle();
    for (const pot of this.pots) pot.close?.();
  }

  get #counting(): readonly Pot[] {
    return this.pots.filter((pot) => !this.#beyond.has(pot));
  }

  #settle(): void {
    const passed = this.#lent - this.left;
    this.#lent = this.left = 0;
    if (!(passed > 0)) return;
    this.passed += passed;
    for (const pot of this.#counting) pot.spend(passed);
  }
}
