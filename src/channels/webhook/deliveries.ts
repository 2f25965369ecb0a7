/** The news that one webhook still has to be told, and what became of the rest. In memory: see webhook.ts for what outlives the process. */

import type { Clock } from '../../runtime/clock.ts';
import type { Called } from './call.ts';
import type { News } from './news.ts';

/** News that was given up. */
export interface DeadLetter {
  readonly news: News;
  readonly why: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface DeliveriesParts {
  readonly clock: Clock;
  /** From 0 to 1, so that many deliveries that failed together aren't tried together. */
  readonly random: () => number;
  readonly send: (news: News) => Promise<Called>;
  /** Called when news is delivered or given up, or was tried without success. */
  readonly told: (how: 'delivered' | 'failed' | 'dead', news: News, why: string) => void;
  readonly gone: () => void;
}

interface Delivery {
  readonly news: News;
  /** When the request changed, by the store's clock. */
  readonly changedAt: number;
  tries: number;
  due: number;
  sending: boolean;
}

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** After each try that failed; together 15 h 43 min. Each is made up to a fifth longer. */
const WAITS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR];
const AGAIN_MS = SECOND;
const AT_ONCE = 4;
export const MOST_WAITING = 10_000;

export class Deliveries {
  readonly #parts: DeliveriesParts;
  readonly #all = new Map<string, Delivery>();
  #sending = 0;
  #timer: { cancel(): void } | undefined;
  #stopped = false;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#all.size;
  }

  /** The earliest change that isn't told yet. */
  oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { changedAt } of this.#all.values()) if (oldest === undefined || changedAt < oldest) oldest = changedAt;
    return oldest;
  }

  add(news: News, changedAt: number): void {
    if (this.#stopped || this.#all.has(news.id)) return;
    this.#all.set(news.id, { news, changedAt, tries: 0, due: this.#parts.clock.monotonic(), sending: false });
    this.#makeRoom();
    this.#pump();
  }

  /** Gives everything up. */
  abandon(why: string): void {
    for (const delivery of this.#all.values()) this.#bury(delivery, why);
  }

  /** Sends nothing more; what is under way is for the caller to end. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#all.clear();
  }

  #makeRoom(): void {
    if (this.#all.size <= MOST_WAITING) return;
    const oldest = [...this.#all.values()].find(({ sending }) => !sending);
    if (oldest !== undefined) this.#bury(oldest, `more than ${MOST_WAITING} were waiting`);
  }

  #pump(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    const now = this.#parts.clock.monotonic();
    let next = Infinity;
    for (const delivery of this.#all.values()) {
      if (delivery.sending) continue;
      if (delivery.due <= now && this.#sending < AT_ONCE) void this.#try(delivery);
      else next = Math.min(next, delivery.due);
    }
    if (next !== Infinity && this.#sending < AT_ONCE) this.#timer = this.#parts.clock.after(Math.max(0, next - now), () => this.#pump());
  }

  async #try(delivery: Delivery): Promise<void> {
    delivery.sending = true;
    this.#sending += 1;
    const called = await this.#parts.send(delivery.news).catch((error: unknown): Called => ({ ok: false, why: error instanceof Error ? error.message : 'failed' }));
    this.#sending -= 1;
    delivery.sending = false;
    if (this.#stopped) return;
    if (this.#all.has(delivery.news.id)) this.#conclude(delivery, called);
    this.#pump();
  }

  #conclude(delivery: Delivery, called: Called): void {
    const { clock, random, told, gone } = this.#parts;
    if (called.ok) {
      this.#all.delete(delivery.news.id);
      return told('delivered', delivery.news, '');
    }
    if (called.unsent === true) return void (delivery.due = clock.monotonic() + AGAIN_MS);
    delivery.tries += 1;
    if (called.gone === true) {
      this.#bury(delivery, called.why);
      return gone();
    }
    const wait = WAITS_MS[delivery.tries - 1];
    if (wait === undefined) return this.#bury(delivery, called.why);
    delivery.due = clock.monotonic() + Math.max(wait * (1 + random() / 5), called.notBeforeMs ?? 0);
    told('failed', delivery.news, called.why);
  }

  #bury(delivery: Delivery, why: string): void {
    this.#all.delete(delivery.news.id);
    this.#parts.told('dead', delivery.news, `${why}; given up after ${delivery.tries} ${delivery.tries === 1 ? 'try' : 'tries'}`);
  }
}
