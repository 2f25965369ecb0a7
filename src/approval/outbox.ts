import type { Clock } from '../runtime/clock.ts';
import type { ApprovalStore, Move, MoveDetail } from './store.ts';

const RETRY_MS = 1_000;
/** Beyond this the oldest are dropped: the journal has what ran, the store only loses its last word on it. */
const MOST = 10_000;

interface Letter {
  readonly id: string;
  readonly to: Move;
  readonly detail: MoveDetail;
}

/** Transitions that must reach the store some day but that nobody waits for. */
export class Outbox {
  readonly #store: ApprovalStore;
  readonly #clock: Clock;
  #letters: Letter[] = [];
  #timer: { cancel(): void } | undefined;
  #closed = false;

  constructor(store: ApprovalStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  post(id: string, to: Move, detail: MoveDetail): void {
    this.#letters.push({ id, to, detail });
    if (this.#letters.length > MOST) this.#letters.shift();
    if (!this.#timer) void this.#deliver();
  }

  /** What isn't delivered by then is lost: the store then sees it expire. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** In order, and stops at the first that fails: the store is down for the others too. */
  async #deliver(): Promise<void> {
    this.#timer = { cancel: () => {} };
    for (let letter = this.#letters[0]; letter && !this.#closed; letter = this.#letters[0]) {
      try {
        await this.#store.move(letter.id, letter.to, letter.detail);
      } catch {
        if (!this.#closed) this.#timer = this.#clock.after(RETRY_MS, () => void this.#deliver());
        return;
      }
      if (this.#letters[0] === letter) this.#letters.shift();
    }
    this.#timer = undefined;
  }
}
