/**
 * What only one replica may do at a time (posting to a channel, calling a webhook): it runs in the one that holds a lease in the
 * approval store, and in another when that one has died, 20 to 25 s later. A holder that can't reach the store stops acting long enough
 * before its lease is over that a call under way then has ended.
 */

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { ApprovalStore } from '../approval/store.ts';
import type { Clock } from '../runtime/clock.ts';
import { delay } from '../runtime/delay.ts';

export interface TurnParts {
  readonly store: Pick<ApprovalStore, 'lease'>;
  /** What it is the turn for: one name in all replicas. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Runs while the turn is ours; ends soon after the signal aborts. Called anew each time the turn is. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

const RENEW_MS = 5_000;
/** How long after asking the holder still begins calls. A call takes at most MOST_CALL_MS. */
const TRUST_MS = 8_000;
export const MOST_CALL_MS = 10_000;
const LEASE_MS = 20_000;

export class Turn {
  readonly #parts: TurnParts;
  readonly #holder = randomUUID();
  readonly #stop = new AbortController();
  #asked = -Infinity;
  /** That was said in the log. */
  #unanswered = false;
  #task: Promise<void> = Promise.resolve();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#task = this.#follow();
  }

  /** Resolves when nothing runs any more and the lease is given back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#task;
  }

  /** May a call begin now? */
  mayAct(): boolean {
    return this.#parts.clock.monotonic() < this.#asked + TRUST_MS;
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (await this.#ask()) await this.#serve();
      else await this.#pause();
    }
  }

  async #serve(): Promise<void> {
    const lost = new AbortController();
    const running = this.#parts.run(AbortSignal.any([this.#stop.signal, lost.signal]))
      .catch((error: unknown) => this.#parts.log.error({ err: error, turn: this.#parts.name }, 'channels: what one replica does for all has failed'));
    do await this.#pause(); while (!this.#stop.signal.aborted && await this.#keep());
    lost.abort();
    await running;
    await this.#giveBack();
  }

  /** False when the turn was lost, be it for a moment: what others did meanwhile isn't known here. */
  async #keep(): Promise<boolean> {
    const unbroken = this.#parts.clock.monotonic() < this.#asked + LEASE_MS;
    try {
      return await this.#take() && unbroken;
    } catch {
      return unbroken;
    }
  }

  async #ask(): Promise<boolean> {
    try {
      const ours = await this.#take();
      this.#unanswered = false;
      return ours;
    } catch (error) {
      if (!this.#unanswered) this.#parts.log.warn({ err: error, turn: this.#parts.name }, 'channels: the store doesn\'t say whose turn it is; asking until it does');
      this.#unanswered = true;
      return false;
    }
  }

  async #take(): Promise<boolean> {
    const { store, name, clock } = this.#parts;
    const asked = clock.monotonic();
    const ours = await store.lease(name, this.#holder, LEASE_MS);
    this.#asked = ours ? asked : -Infinity;
    return ours;
  }

  async #giveBack(): Promise<void> {
    this.#asked = -Infinity;
    await this.#parts.store.lease(this.#parts.name, this.#holder, 0).catch(() => {});
  }

  /** Until the next question, or the stop. */
  async #pause(): Promise<void> {
    await delay(RENEW_MS, this.#parts.clock, this.#stop.signal);
  }
}
