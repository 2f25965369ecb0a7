/** Sign-ins that were ended before their time, on every replica: one, or all of a person that were begun up to then. */

import { z } from 'zod';
import { type RecordParts, SignedRecords } from '../approval/signed-records.ts';
import { CLOCK_SKEW_MS } from '../approval/verify.ts';
import type { Journal } from '../journal/events.ts';
import { normalEmail } from './email.ts';
import type { SignedIn, SignIn } from './sign-in.ts';

export interface SignOutParts extends RecordParts {
  readonly journal: Pick<Journal, 'append'>;
  /** What this process has recorded before it was started again: `jws` of `person.signed_out`. */
  readonly past?: AsyncIterable<string> | undefined;
  /** What was proven of the person up to `at` counts no longer. */
  readonly forget: (email: string, at: number) => void;
}

const SignOut = z.strictObject({
  /** E-mail, as all are compared. */
  person: z.string(),
  /** This one; otherwise all of the person that were begun up to `at`. */
  signIn: z.strictObject({ id: z.string(), until: z.number() }).optional(),
  /** E-mail. */
  by: z.string(),
  reason: z.string().optional(),
  at: z.int(),
});
type SignOut = z.infer<typeof SignOut>;

export class SignOuts {
  readonly #parts: SignOutParts;
  readonly #records: SignedRecords<SignOut>;

  /** Follows the store from now on. */
  constructor(parts: SignOutParts) {
    this.#parts = parts;
    this.#records = new SignedRecords(parts, {
      shelf: 'sign-outs', type: 'countersign-sign-out+jws', schema: SignOut, name: ({ person, signIn }) => signIn?.id ?? person,
      // By another replica's clock the sign-in may count a little longer. Those of all a person's sign-ins stay: they are one a person.
      until: ({ signIn }) => signIn && signIn.until + CLOCK_SKEW_MS,
      past: parts.past,
      learned: (record, { jws, known }) => {
        if (!known) this.#record(record, jws);
        if (record.signIn === undefined) parts.forget(record.person, record.at);
      },
    });
  }

  /** When those of the past are known and the store has been asked, whether it answered or not. */
  get begun(): Promise<void> {
    return this.#records.begun;
  }

  close(): void {
    this.#records.close();
  }

  ended(signIn: SignIn): boolean {
    return this.#records.get(signIn.id) !== undefined || this.allEnded(signIn);
  }

  /** Were all sign-ins of the person ended, this among them? */
  allEnded({ person, at }: SignedIn): boolean {
    return at <= (this.#records.get(normalEmail(person.email))?.at ?? -Infinity);
  }

  /** Ends this one. @returns whether all replicas know */
  async end({ id, until, person }: SignIn): Promise<boolean> {
    const email = normalEmail(person.email);
    return this.#records.put(id, (at) => ({ person: email, signIn: { id, until }, by: email, at }));
  }

  /**
   * @param begunUpTo so late at least, where a clock that is ahead of ours has begun one. Milliseconds since 1970
   * @returns whether all replicas know
   */
  async endAll(email: string, { begunUpTo, ...said }: { readonly by: string; readonly reason?: string; readonly begunUpTo: number }): Promise<boolean> {
    const person = normalEmail(email);
    return this.#records.put(person, (at) => ({ person, ...said, at: Math.max(at, Math.ceil(begunUpTo)) }));
  }

  #record({ person, signIn, by, reason }: SignOut, jws: string): void {
    this.#parts.journal.append({ kind: 'person.signed_out', person, ...(signIn !== undefined && { signIn: signIn.id }), by, ...(reason !== undefined && { reason }), jws });
  }
}
