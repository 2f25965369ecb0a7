/** One upstream database as all its sessions see it: what is known of it, and whether that is still true. */

import type { DatabaseConfig } from '../config/config.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Facts, Understanding } from '../sql/facts.ts';

/** An unknown name makes the catalog be read again, but not more often than this: names that don't exist are cheap to send. */
const UNKNOWN_REFRESH_MS = 1_000;

export class Database {
  readonly config: DatabaseConfig;
  readonly understanding: Understanding;
  readonly #clock: Clock;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** Set while the catalog is being read because something changed it: what is judged now would be judged by the old one. */
  #changing: Promise<void> | undefined;
  /** Verdicts by agent, for policies that look at nothing but the facts; see `verdicts`. */
  #verdicts: { policy: string; byAgent: Map<string, WeakMap<Facts, Verdict>> } = { policy: '', byAgent: new Map() };

  constructor(config: DatabaseConfig, understanding: Understanding, clock: Clock) {
    this.config = config;
    this.understanding = understanding;
    this.#clock = clock;
  }

  /** Resolves when no known change is left unread; undefined when there is none. */
  get settling(): Promise<void> | undefined {
    return this.#changing;
  }

  /** A statement has changed (or may have changed) the catalog. */
  changed(): void {
    const reading: Promise<void> = (this.#changing ?? Promise.resolve())
      .then(() => this.#refresh())
      .finally(() => {
        if (this.#changing === reading) this.#changing = undefined;
      });
    this.#changing = reading;
    reading.catch(() => {}); // who waits for it learns of it
  }

  /** Reads the catalog again because of an unknown name; false when that was done only just now. */
  async relearn(): Promise<boolean> {
    if (this.#clock.monotonic() - this.#refreshedAt < UNKNOWN_REFRESH_MS) return false;
    await this.#refresh();
    return true;
  }

  /** Cache of verdicts for one agent under one policy. */
  verdicts(agent: string, policy: string): WeakMap<Facts, Verdict> {
    if (this.#verdicts.policy !== policy) this.#verdicts = { policy, byAgent: new Map() };
    let verdicts = this.#verdicts.byAgent.get(agent);
    if (verdicts === undefined) {
      verdicts = new WeakMap();
      this.#verdicts.byAgent.set(agent, verdicts);
    }
    return verdicts;
  }

  async #refresh(): Promise<void> {
    this.#refreshedAt = this.#clock.monotonic();
    await this.understanding.refresh();
  }
}
