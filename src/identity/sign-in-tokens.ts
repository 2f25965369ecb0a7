/** Cookies and tokens of people who have signed in: what was proven, signed by the key that signs decisions. Whoever takes a desk's decisions takes them. */

import { z } from 'zod';
import { sign, verify } from '../approval/jws.ts';
import type { DecisionKeys } from '../approval/keys.ts';
import type { Clock } from '../runtime/clock.ts';
import { ROLES } from './person.ts';
import { SIGN_IN_USES, type SignIn, SignInRefused, type SignInUse } from './sign-in.ts';

const TYPE = 'countersign-sign-in+jws';
/** Headers of a call may take 16 KiB together. */
export const MAX_TOKEN = 12 * 1024;

const Claims = z.strictObject({
  id: z.string(),
  use: z.enum(SIGN_IN_USES),
  email: z.string(),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(z.string()),
  apiToken: z.string().optional(),
  at: z.number(),
  until: z.number(),
});

export interface SignInTokenParts {
  readonly keys: DecisionKeys;
  readonly clock: Pick<Clock, 'now'>;
}

export class SignInTokens {
  readonly #parts: SignInTokenParts;

  constructor(parts: SignInTokenParts) {
    this.#parts = parts;
  }

  /** @throws SignInRefused when the person is in so many groups that no header could carry them. */
  async issue({ id, use, person: { email, roles, groups }, apiToken, at, until }: SignIn): Promise<string> {
    const claims: z.infer<typeof Claims> = { id, use, email, roles: [...roles], groups: [...groups], ...(apiToken !== undefined && { apiToken }), at, until };
    const token = await sign(TYPE, claims, this.#parts.keys);
    if (token.length <= MAX_TOKEN) return token;
    throw new SignInRefused('sign_in_refused', `You are in ${groups.length} groups, more than a token can carry.`, { hint: 'Let the issuer send only the groups that Countersign needs.', claimed: email });
  }

  /** What it says, until its time is over. Undefined for everything else, and for a token of another use. */
  async read(token: string, use: SignInUse): Promise<SignIn | undefined> {
    const { keys, clock } = this.#parts;
    const claims = Claims.safeParse(await verify(TYPE, token, keys).catch(() => undefined));
    if (!claims.success || claims.data.use !== use || claims.data.until <= clock.now()) return undefined;
    const { email, roles, groups, apiToken, ...rest } = claims.data;
    return { ...rest, person: { email, roles, groups }, ...(apiToken !== undefined && { apiToken }) };
  }
}
