import type { Clock } from '../runtime/clock.ts';
import { normalEmail } from './email.ts';
import type { Person } from './person.ts';
import type { SignedIn } from './sign-in.ts';

/** People remembered at once; each may bring some hundred groups. */
const MOST = 10_000;

/** What was proven of people who have signed in, for as long as it counts. In memory: after a restart it comes back with their cookie, their token, or the store that replicas share. */
export class SignedInPeople {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  readonly #proven = new Map<string, SignedIn>();

  constructor(clock: Pick<Clock, 'now'>, most = MOST) {
    this.#clock = clock;
    this.#most = most;
  }

  /** What was proven last counts: an older proof never brings back groups that were lost since. */
  remember(signedIn: SignedIn): void {
    const email = normalEmail(signedIn.person.email);
    if (signedIn.until <= this.#clock.now() || signedIn.at < (this.#proven.get(email)?.at ?? 0)) return;
    this.#proven.set(email, signedIn);
    if (this.#proven.size > this.#most) this.#makeRoom();
  }

  of(email: string): Person | undefined {
    const proven = this.#proven.get(normalEmail(email));
    return proven !== undefined && proven.until > this.#clock.now() ? proven.person : undefined;
  }

  forget(email: string, at: number): void {
    const name = normalEmail(email);
    if ((this.#proven.get(name)?.at ?? Infinity) <= at) this.#proven.delete(name);
  }

  /** Those whose time is over, or else who would be forgotten first anyway. */
  #makeRoom(): void {
    const now = this.#clock.now();
    for (const [email, { until }] of this.#proven) if (until <= now) this.#proven.delete(email);
    if (this.#proven.size <= this.#most) return;
    const [first] = [...this.#proven].toSorted(([, a], [, b]) => a.until - b.until);
    if (first !== undefined) this.#proven.delete(first[0]);
  }
}
