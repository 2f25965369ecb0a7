import type { Clock } from '../runtime/clock.ts';
import { Deadlines } from '../runtime/deadlines.ts';
import type { RequestDraft, Resolution } from './request.ts';

/** A request this process has opened and that hasn't ended here: our own copy of it, and who waits. */
export interface Held {
  readonly id: string;
  readonly draft: RequestDraft;
  /** Something happened to it before anybody waited. */
  changed: boolean;
  waiter: Waiter | undefined;
}

interface Waiter {
  readonly resolve: (resolution: Resolution) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
  readonly aborted: () => void;
}

/** What this process holds. One map, one timer; a wait adds a promise and the caller's abort listener. */
export class Waiting {
  readonly #held = new Map<string, Held>();
  readonly #deadlines: Deadlines;

  /** @param expired called once for what is still held at its expiresAt by the local clock; it is forgotten by then. */
  constructor(clock: Clock, expired: (held: Held) => void) {
    this.#deadlines = new Deadlines(clock, (id) => {
      const held = this.#held.get(id);
      this.#held.delete(id);
      if (!held) return;
      settle(held, { state: 'expired' });
      expired(held);
    });
  }

  hold(id: string, draft: RequestDraft): Held {
    const held: Held = { id, draft, changed: false, waiter: undefined };
    this.#held.set(id, held);
    this.#deadlines.add(id, draft.expiresAt);
    return held;
  }

  get(id: string): Held | undefined {
    return this.#held.get(id);
  }

  /** False when it wasn't held any more: it has ended, or somebody else was first. */
  forget(id: string): boolean {
    const held = this.#held.get(id);
    if (held) this.#deadlines.remove(id, held.draft.expiresAt);
    return this.#held.delete(id);
  }

  /** Ids somebody waits for. */
  ids(): string[] {
    return [...this.#held.values()].filter((held) => held.waiter).map((held) => held.id);
  }

  close(): void {
    this.#deadlines.close();
  }
}

/** One wait per request. Rejects with the signal's reason. */
export function waitFor(held: Held, signal: AbortSignal): Promise<Resolution> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  if (held.waiter) return Promise.reject(new TypeError(`${held.id} is waited for already.`));
  return new Promise((resolve, reject) => {
    const aborted = () => {
      held.waiter = undefined;
      reject(signal.reason as Error);
    };
    held.waiter = { resolve, reject, signal, aborted };
    signal.addEventListener('abort', aborted, { once: true });
  });
}

/** Ends the wait, if there is one. */
export function settle(held: Held, resolution: Resolution): void {
  const { waiter } = held;
  if (!waiter) return;
  held.waiter = undefined;
  waiter.signal.removeEventListener('abort', waiter.aborted);
  waiter.resolve(resolution);
}
