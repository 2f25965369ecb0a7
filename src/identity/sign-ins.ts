/** People who are signed in: by a cookie of the console or a token of the command line, here or at any replica whose key is trusted. */

import type { Everywhere } from '../api/sessions.ts';
import type { DecisionKeys } from '../approval/keys.ts';
import { newSignInId } from '../approval/ids.ts';
import type { Journal } from '../journal/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { BY_API_TOKEN_MS } from './lifetimes.ts';
import type { PeopleDirectory, TokenHolder } from './people.ts';
import type { Proofs } from './proofs.ts';
import { scopesOf } from './scopes.ts';
import { type SignedIn, type SignIn, SignInRefused, type SignInUse } from './sign-in.ts';
import { SignInTokens } from './sign-in-tokens.ts';
import type { SignOuts } from './sign-outs.ts';
import { hashToken } from './tokens.ts';

export interface SignInsParts {
  readonly keys: DecisionKeys;
  readonly people: () => Pick<PeopleDirectory, 'byEmail' | 'byToken' | 'byTokenHash' | 'remember'>;
  readonly proofs: Pick<Proofs, 'latest' | 'put'>;
  readonly signOuts: Pick<SignOuts, 'ended' | 'end' | 'endAll'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly journal: Pick<Journal, 'append'>;
  /** Who proves it, where people don't sign in by an API token. */
  readonly issuer?: string;
}

export interface BegunSignIn {
  /** What its cookie or token says. */
  readonly signIn: SignIn;
  readonly token: string;
}

export interface SignedInHolder extends TokenHolder {
  readonly signIn: SignIn;
  /** Does the sign-in still count, now? */
  readonly counts: () => boolean;
}

export class SignIns {
  readonly #parts: SignInsParts;
  readonly #tokens: SignInTokens;

  constructor(parts: SignInsParts) {
    this.#parts = parts;
    this.#tokens = new SignInTokens(parts);
  }

  /** Takes what the issuer has proven. Rejects with SignInRefused. */
  async begin(use: SignInUse, { person, at, until }: SignedIn): Promise<BegunSignIn> {
    const signIn: SignIn = { id: newSignInId(), use, person, at, until };
    if (this.#parts.signOuts.ended(signIn)) {
      throw new SignInRefused('sign_in_refused', 'Your sign-ins were ended after the issuer has said who you are.', { hint: 'Sign in again.', claimed: person.email });
    }
    const token = await this.#tokens.issue(signIn);
    await this.#parts.proofs.put(signIn);
    const { issuer } = this.#parts;
    this.#record(signIn, person, issuer === undefined ? {} : { issuer });
    return { signIn, token };
  }

  /** Takes an API token in the place of an issuer's word. Undefined when it is nobody's. */
  async beginByApiToken(use: SignInUse, apiToken: string): Promise<BegunSignIn | undefined> {
    const holder = this.#parts.people().byToken(apiToken);
    if (holder === undefined) return undefined;
    const at = this.#parts.clock.now();
    const person = { email: holder.person.email, roles: [], groups: [] };
    const signIn: SignIn = { id: newSignInId(), use, person, apiToken: hashToken(apiToken), at, until: at + BY_API_TOKEN_MS };
    const token = await this.#tokens.issue(signIn);
    this.#record(signIn, holder.person, { token: holder.name });
    return { signIn, token };
  }

  /** Nobody was signed in. An issuer that is away has refused nobody. */
  refused(use: SignInUse, { code, message, claimed }: SignInRefused): void {
    if (code === 'sign_in_refused') this.#parts.journal.append({ kind: 'person.refused', use, ...(claimed !== undefined && { claimed }), reason: message });
  }

  /** Whose cookie or token it is, while it counts. What was proven becomes known here by it, as after a restart. Undefined for everything else. */
  async find(use: SignInUse, token: string): Promise<SignedInHolder | undefined> {
    const signIn = await this.#tokens.read(token, use);
    if (signIn === undefined || !this.#counts(signIn)) return undefined;
    const holder = signIn.apiToken === undefined ? this.#proven(signIn) : this.#byApiToken(signIn.apiToken, signIn);
    return holder && { ...holder, signIn, counts: () => this.#counts(signIn) };
  }

  /** Ends it before its time, as its person wants. */
  async end(signIn: SignIn): Promise<Everywhere> {
    return { everywhere: await this.#parts.signOuts.end(signIn) };
  }

  /** Ends all that the person has, wherever they were begun. */
  async endAll(email: string, by: string, reason?: string): Promise<Everywhere> {
    const { proofs, signOuts } = this.#parts;
    return { everywhere: await signOuts.endAll(email, { by, ...(reason !== undefined && { reason }), begunUpTo: proofs.latest(email) }) };
  }

  #counts(signIn: SignIn): boolean {
    return signIn.until > this.#parts.clock.now() && !this.#parts.signOuts.ended(signIn);
  }

  #proven(signIn: SignIn): TokenHolder | undefined {
    const people = this.#parts.people();
    people.remember(signIn);
    const person = people.byEmail(signIn.person.email);
    return person && { name: 'sign-in', person, scopes: scopesOf(person.roles) };
  }

  /** The token may have been given to somebody else since. */
  #byApiToken(hash: string, { person }: SignIn): TokenHolder | undefined {
    const holder = this.#parts.people().byTokenHash(hash);
    return holder?.person.email === person.email ? holder : undefined;
  }

  #record({ id, use, until }: SignIn, { email, roles, groups }: SignIn['person'], by: { readonly issuer?: string; readonly token?: string }): void {
    this.#parts.journal.append({ kind: 'person.signed_in', person: email, signIn: id, use, ...by, roles, groups, until });
  }
}
