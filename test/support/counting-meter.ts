import type { RowMeter } from '../../src/protocol/statement.ts';

/** Lets `allowed` rows pass, then none, until it is given more. */
export class CountingMeter implements RowMeter {
  left = 0;
  allowed: number;
  stops = 0;

  constructor(allowed: number) {
    this.allowed = allowed;
  }

  more(): boolean {
    this.left = this.allowed;
    this.allowed = 0;
    if (this.left === 0) this.stops++;
    return this.left > 0;
  }
}
