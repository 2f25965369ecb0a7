/** What people have proven by signing in, on every replica: a press in Slack or Teams brings no cookie, and counts wherever it arrives. */

import { z } from 'zod';
import { type RecordParts, SignedRecords } from '../approval/signed-records.ts';
import { normalEmail } from './email.ts';
import { ROLES } from './person.ts';
import type { SignedIn } from './sign-in.ts';

export interface ProofParts extends RecordParts {
  /** Something was proven, here or elsewhere. */
  readonly proven: (signedIn: SignedIn) => void;
}

const Proof = z.strictObject({
  /** As all are compared. */
  email: z.string(),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(z.string()),
  at: z.number(),
  /** Milliseconds since 1970. */
  until: z.number(),
});
type Proof = z.infer<typeof Proof>;

export class Proofs {
  readonly #records: SignedRecords<Proof>;

  /** Follows the store from now on. */
  constructor(parts: ProofParts) {
    this.#records = new SignedRecords(parts, {
      shelf: 'proofs', type: 'countersign-proof+jws', schema: Proof, name: ({ email }) => email, until: ({ until }) => until,
      learned: ({ email, roles, groups, at, until }) => parts.proven({ person: { email, roles, groups }, at, until }),
    });
  }

  /** When the store has been asked for the first time, whether it answered or not. */
  get begun(): Promise<void> {
    return this.#records.begun;
  }

  close(): void {
    this.#records.close();
  }

  /** When the person has proven something last, by the clock of whoever took it. */
  latest(email: string): number {
    return this.#records.get(normalEmail(email))?.at ?? 0;
  }

  async put({ person: { email, roles, groups }, at, until }: SignedIn): Promise<void> {
    const name = normalEmail(email);
    await this.#records.put(name, () => ({ email: name, roles: [...roles], groups: [...groups], at, until }));
  }
}
