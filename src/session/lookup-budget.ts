/** How often each agent may look rows up by a masked value: without a bound, values with few possibilities could be tried one by one. */

import type { Clock } from '../runtime/clock.ts';

const HOUR_MS = 3_600_000;

interface Account {
  since: number;
  spent: number;
}

export class LookupBudget {
  readonly #perHour: number;
  readonly #clock: Clock;
  /** One an agent of the configuration. */
  readonly #accounts = new Map<string, Account>();

  constructor(perHour: number, clock: Clock) {
    this.#perHour = perHour;
    this.#clock = clock;
  }

  /** @returns a sentence when it is spent for now */
  spend(agent: string, lookups: number): string | undefined {
    const now = this.#clock.monotonic();
    let account = this.#accounts.get(agent);
    if (account === undefined || now - account.since >= HOUR_MS) this.#accounts.set(agent, (account = { since: now, spent: 0 }));
    if (account.spent + lookups > this.#perHour) {
      const minutes = Math.max(1, Math.ceil((account.since + HOUR_MS - now) / 60_000));
      return `the agent has looked rows up by masked values ${account.spent} times within the hour, which is all that limits.lookups lets it; ${minutes} min until it may again`;
    }
    account.spent += lookups;
    return undefined;
  }
}
