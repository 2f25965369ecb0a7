import { Failure } from '../runtime/failure.ts';
import type { Person } from './person.ts';

/** A way for people to prove who they are in a browser, by going elsewhere and coming back (OpenID Connect's authorization code flow). */
export interface SignInProvider {
  /** For the button: `Okta`, `Entra ID`, or the issuer's host. */
  readonly label: string;
  /** @returns where to send the browser, and what it must bring back unchanged; the latter travels in a sealed, http-only cookie. */
  begin(): Promise<{ readonly location: URL; readonly kept: string }>;
  /**
   * @param back the address the browser came back to, with its query.
   * @param kept as `begin` gave it to this browser.
   * @throws SignInRefused, whose message is for the person.
   */
  finish(back: URL, kept: string): Promise<SignedIn>;
}

/** What somebody has proven. A person of the configuration keeps their roles and groups there, and gets those of the claims beside them. */
export interface SignedIn {
  readonly person: Person;
  /** When it was proven. Milliseconds since 1970. */
  readonly at: number;
  /** It counts until then. Milliseconds since 1970. */
  readonly until: number;
}

/** What a sign-in is for: the cookie of a browser, or the token of the command line. */
export const SIGN_IN_USES = ['console', 'cli'] as const;
export type SignInUse = (typeof SIGN_IN_USES)[number];

/** A sign-in that was taken here or by another replica: what its cookie or token says. */
export interface SignIn extends SignedIn {
  readonly id: string;
  readonly use: SignInUse;
  /** Hash of the API token by which it was done: then it counts only while that does, and proves nothing beside it. */
  readonly apiToken?: string;
}

/** Somebody can't be signed in; message and hint are for that person. `issuer_unavailable`: later it may go. */
export class SignInRefused extends Failure {
  declare readonly code: 'sign_in_refused' | 'issuer_unavailable';
  /** Who the issuer says it is, as far as that is known; for the journal. */
  readonly claimed: string | undefined;

  constructor(code: SignInRefused['code'], message: string, options: { hint?: string; cause?: unknown; claimed?: string } = {}) {
    super(code, message, options);
    this.claimed = options.claimed;
  }
}
