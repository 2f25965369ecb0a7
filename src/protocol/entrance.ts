/** A client's way from accept to login, which either protocol goes in its own words. */

import type { Admitted, House } from './door.ts';
import { Refused } from './refusal.ts';

export interface Entrance {
  /** Resolves with undefined when it was answered and closed. */
  enter(): Promise<Admitted | undefined>;
  /** Answers the client in its own terms where there are any, and closes. */
  turnAway(error: unknown): void;
}

/** Goes through the entrance that `make` gives, within the time for that. Never rejects. @param make is told by the signal when the time is up */
export async function goThrough(house: House, make: (signal: AbortSignal) => Entrance): Promise<Admitted | undefined> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Refused({ code: 'handshake_timeout', message: 'the login took too long' })), house.config.timeouts.handshakeMs);
  const entrance = make(timeout.signal);
  try {
    return await entrance.enter();
  } catch (error) {
    entrance.turnAway(error);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
