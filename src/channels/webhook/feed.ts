/** From the desk to the webhooks: first what has changed since their bookmarks, and from the beginning whatever changes. */

import type { Desk } from '../../approval/desk.ts';
import type { ApprovalStore } from '../../approval/store.ts';
import { MAX_CHANGES } from '../../approval/store.ts';
import type { Clock } from '../../runtime/clock.ts';
import { delay } from '../../runtime/delay.ts';
import { Backoff } from '../backoff.ts';
import type { Hook } from './hook.ts';
import type { WebhookLog } from './metrics.ts';

export interface FeedParts {
  readonly desk: Desk;
  readonly store: Pick<ApprovalStore, 'changedSince'>;
  readonly hooks: readonly Hook[];
  readonly clock: Clock;
  readonly log: WebhookLog;
}

const MARK_MS = 2_000;

export class Feed {
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { hooks } = this.#parts;
    try {
      const since = await this.#insist(signal, async () => Math.min(...await Promise.all(hooks.map((hook) => hook.begin(signal)))));
      if (since === undefined) return;
      await Promise.all([this.#watch(since, signal), this.#goOn(since, signal)]);
    } finally {
      await Promise.all(hooks.map((hook) => hook.end()));
    }
  }

  async #watch(since: number, signal: AbortSignal): Promise<void> {
    const { desk, hooks } = this.#parts;
    let again = false;
    await this.#insist(signal, async () => {
      const changes = desk.watch(signal);
      if (again) await this.#catchUp(since, signal);
      again = true;
      for await (const request of changes) for (const hook of hooks) hook.offer(request);
    });
  }

  /** Bookmarks move only once all that is behind them is known. */
  async #goOn(since: number, signal: AbortSignal): Promise<void> {
    await this.#insist(signal, () => this.#catchUp(since, signal));
    if (signal.aborted) return;
    for (const hook of this.#parts.hooks) hook.caughtUp();
    await this.#mark(signal);
  }

  async #catchUp(since: number, signal: AbortSignal): Promise<void> {
    const { desk, store, hooks } = this.#parts;
    const looked = new Set<string>();
    for (let from = since; ;) {
      const ids = await store.changedSince(from);
      for (const id of ids) {
        if (looked.has(id) || signal.aborted) continue;
        looked.add(id);
        const request = await desk.get(id);
        if (request === undefined) continue;
        for (const hook of hooks) hook.offer(request);
        from = Math.max(from, request.changedAt);
      }
      if (ids.length < MAX_CHANGES || signal.aborted) return;
    }
  }

  async #mark(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(MARK_MS, this.#parts.clock, signal);
      // A store that doesn't answer is asked again; until then more is told again after a restart.
      if (!signal.aborted) await Promise.allSettled(this.#parts.hooks.map((hook) => hook.mark()));
    }
  }

  /** Again until it works. Undefined when the signal aborts first. */
  async #insist<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T | undefined> {
    const again = new Backoff(this.#parts.clock, signal);
    while (!signal.aborted) {
      try {
        return await act();
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#parts.log.warn({ err: error }, 'webhook: the store of approvals does not answer; asking again');
        await again.wait();
      }
    }
    return undefined;
  }
}
