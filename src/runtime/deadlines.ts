import type { Clock } from './clock.ts';

/** Deadlines are kept to this, never early. */
const TICK_MS = 100;
/** Looks at the clock at least this often, so that a wall clock that is set forward is noticed. */
const LONGEST_SLEEP_MS = 5_000;

/** Many deadlines by wall clock, one timer. Entries share buckets of TICK_MS; adding and removing cost a map entry each. */
export class Deadlines {
  readonly #buckets = new Map<number, Set<string>>();
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  #timer: { cancel(): void } | undefined;
  #wakesAt = Infinity;

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  add(key: string, at: number): void {
    const bucket = bucketOf(at);
    const keys = this.#buckets.get(bucket);
    if (keys) keys.add(key);
    else this.#buckets.set(bucket, new Set([key]));
    if (bucket < this.#wakesAt) this.#arm(bucket);
  }

  /** @param at as it was added. */
  remove(key: string, at: number): void {
    const bucket = bucketOf(at);
    const keys = this.#buckets.get(bucket);
    keys?.delete(key);
    if (keys?.size === 0) this.#buckets.delete(bucket);
  }

  close(): void {
    this.#timer?.cancel();
    this.#buckets.clear();
  }

  #arm(bucket: number): void {
    this.#timer?.cancel();
    this.#wakesAt = bucket;
    const delay = Math.max(0, bucket - this.#clock.now());
    this.#timer = this.#clock.after(Math.min(delay, LONGEST_SLEEP_MS), () => this.#wake());
  }

  #wake(): void {
    const now = this.#clock.now();
    this.#wakesAt = Infinity;
    for (const [bucket, keys] of this.#buckets) {
      if (bucket > now) continue;
      this.#buckets.delete(bucket);
      keys.forEach(this.#due);
    }
    const next = Math.min(...this.#buckets.keys());
    if (next < this.#wakesAt) this.#arm(next);
  }
}

function bucketOf(at: number): number {
  return Math.ceil(at / TICK_MS) * TICK_MS;
}
