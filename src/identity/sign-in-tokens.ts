/** Tokens of our own for people who have signed in from the command line: what was proven, signed by the key that signs decisions. */

import { z } from 'zod';
import { sign, verify } from '../approval/jws.ts';
import type { DecisionKeys } from '../approval/keys.ts';
import { TOKEN_SCOPES, type TokenScope } from '../config/config.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PeopleDirectory, TokenHolder } from './people.ts';
import { type Role, ROLES } from './person.ts';
import { type SignedIn, SignInRefused } from './sign-in.ts';

const TYPE = 'countersign-sign-in+jws';
/** Headers of a call may take 16 KiB together. */
const MAX_TOKEN = 12 * 1024;

/** What a role may do by API. */
const SCOPES: { readonly [R in Role]: readonly TokenScope[] } = {
  approver: ['requests:read', 'requests:decide', 'sessions:read', 'agents:read'],
  auditor: ['requests:read', 'sessions:read', 'agents:read', 'audit:read'],
  // Only approvers decide.
  admin: TOKEN_SCOPES.filter((scope) => scope !== 'requests:decide'),
};

const Claims = z.strictObject({
  email: z.string(),
  roles: z.array(z.enum(ROLES)),
  groups: z.array(z.string()),
  /** Milliseconds since 1970. */
  until: z.number(),
});

export interface SignInTokenParts {
  readonly keys: DecisionKeys;
  readonly people: Pick<PeopleDirectory, 'byEmail' | 'remember'>;
  readonly clock: Pick<Clock, 'now'>;
}

export class SignInTokens {
  readonly #parts: SignInTokenParts;

  constructor(parts: SignInTokenParts) {
    this.#parts = parts;
  }

  /** @throws SignInRefused when the person is in so many groups that no header could carry them. */
  async issue({ person: { email, roles, groups }, until }: SignedIn): Promise<string> {
    const claims: z.infer<typeof Claims> = { email, roles: [...roles], groups: [...groups], until };
    const token = await sign(TYPE, claims, this.#parts.keys);
    if (token.length <= MAX_TOKEN) return token;
    throw new SignInRefused('sign_in_refused', `You are in ${groups.length} groups, more than a token can carry.`, { hint: 'Let the issuer send only the groups that Countersign needs.' });
  }

  /**
   * Whose token it is, while what it proves counts. Any replica with the same key takes it, and after a restart it makes the
   * person known again. Undefined for everything else.
   */
  async holder(token: string): Promise<TokenHolder | undefined> {
    const { keys, people, clock } = this.#parts;
    const claims = Claims.safeParse(await verify(TYPE, token, keys).catch(() => undefined));
    if (!claims.success || claims.data.until <= clock.now()) return undefined;
    const { until, ...proven } = claims.data;
    people.remember({ person: proven, until });
    const person = people.byEmail(proven.email);
    return person && { name: 'sign-in', person, scopes: scopesOf(person.roles) };
  }
}

export function scopesOf(roles: readonly Role[]): ReadonlySet<TokenScope> {
  return new Set(roles.flatMap((role) => SCOPES[role]));
}
