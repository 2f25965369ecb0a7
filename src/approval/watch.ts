import type { ApprovalRequest } from './request.ts';
import type { ApprovalStore } from './store.ts';
import { CLOCK_SKEW_MS } from './verify.ts';

/** Changes this close before the last one seen are asked for again after a gap: clocks may disagree. */
const OVERLAP_MS = CLOCK_SKEW_MS;
/** How many (id, version) pairs are remembered to tell news from repetition. */
const REMEMBERED = 1_000;

/**
 * Ids whose news somebody is going to read. Changes in between are merged, so a slow reader costs an id per request.
 * After a gap it asks the store what changed since.
 */
export class Watch {
  readonly #store: ApprovalStore;
  readonly #pending = new Set<string>();
  readonly #seen = new Map<string, string>();
  readonly #unlisten: () => void;
  /** By the store's clock, once something was seen. */
  #newest: number;
  #missed = false;
  #wake: () => void = () => {};

  /** @param now where to start asking from after a gap before anything was seen. */
  constructor(store: ApprovalStore, now: number, signal: AbortSignal) {
    this.#store = store;
    this.#newest = now;
    this.#unlisten = store.listen({
      changed: (id) => this.#poke(() => this.#pending.add(id)),
      resync: () => this.#poke(() => { this.#missed = true; }),
    });
    if (signal.aborted) this.#unlisten();
    else signal.addEventListener('abort', () => this.#poke(this.#unlisten), { once: true });
  }

  /** News, one by one; returns when the signal aborts. A store that doesn't answer is asked again when it announces itself. */
  async *news(signal: AbortSignal): AsyncGenerator<ApprovalRequest> {
    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => { this.#wake = resolve; });
        if (!(await this.#catchUp())) await woken;
        for await (const request of this.#load()) {
          if (signal.aborted) return;
          if (this.#isNews(request)) yield request;
        }
        if (this.#pending.size === 0 && !this.#missed) await woken;
      }
    } finally {
      this.#unlisten();
    }
  }

  #poke(change: () => void): void {
    change();
    this.#wake();
  }

  /** False when the store doesn't answer. */
  async #catchUp(): Promise<boolean> {
    if (!this.#missed) return true;
    this.#missed = false;
    try {
      (await this.#store.changedSince(this.#newest - OVERLAP_MS)).forEach((id) => this.#pending.add(id));
      return true;
    } catch {
      this.#missed = true;
      return false;
    }
  }

  /** What is pending, until the store doesn't answer. */
  async *#load(): AsyncGenerator<ApprovalRequest> {
    for (const id of this.#pending) {
      this.#pending.delete(id);
      try {
        const request = await this.#store.get(id);
        if (request) yield request;
      } catch {
        this.#missed = true;
        return;
      }
    }
  }

  #isNews(request: ApprovalRequest): boolean {
    const version = `${request.state} ${request.decisions.length} ${request.changedAt}`;
    if (this.#seen.get(request.id) === version) return false;
    this.#seen.delete(request.id);
    this.#seen.set(request.id, version);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    this.#newest = Math.max(this.#newest, request.changedAt);
    return true;
  }
}
