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

/** Who has signed in. A person of the configuration keeps their roles and groups there, and gets those of the claims beside them. */
export interface SignedIn {
  readonly person: Person;
  /** Milliseconds since 1970: what was proven counts until then. */
  readonly until: number;
}

/** Somebody can't be signed in; message and hint are for that person. `issuer_unavailable`: later it may go. */
export class SignInRefused extends Failure {
  declare readonly code: 'sign_in_refused' | 'issuer_unavailable';

  constructor(code: SignInRefused['code'], message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(code, message, options);
  }
}
