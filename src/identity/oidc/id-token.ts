/** Sign-in from the command line: it brings an ID token that the issuer gave it in the device flow (RFC 8628; OpenID Connect Core 1.0, 3.1.3.7). */

import type { Logger } from 'pino';
import type { IdentityConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type SignedIn, SignInRefused } from '../sign-in.ts';
import { personOf } from './claims.ts';
import { clientOf } from './client.ts';
import { IssuerKeys } from './issuer-keys.ts';
import type { IssuerMetadata } from './metadata.ts';
import { refusalOf } from './refusal.ts';
import { completed } from './user-info.ts';
import { TokenRefused, typeOf, verifyToken } from './verify-token.ts';

/** The command line brings it at once. Seconds. */
const MAX_AGE_S = 600;

export interface IdTokenParts {
  readonly identity: IdentityConfig & { readonly cliClientId: string };
  readonly metadata: IssuerMetadata;
  readonly clock: Clock;
  readonly log?: Pick<Logger, 'warn'>;
}

export class IdTokenSignIn {
  readonly #parts: IdTokenParts;
  readonly #keys: IssuerKeys;

  constructor(parts: IdTokenParts) {
    const { identity: { issuer }, metadata, clock, log } = parts;
    this.#parts = parts;
    this.#keys = new IssuerKeys({ issuer, clock, log, locate: async () => (await metadata.get()).jwks_uri });
  }

  /**
   * Whose ID token it is. What it proves counts from when it was made, so that using it twice makes it last no longer. Rejects with SignInRefused.
   * @param accessToken that came with it, for issuers that tell the rest only for that
   */
  async finish(idToken: string, accessToken?: string): Promise<SignedIn> {
    const { identity, metadata, clock } = this.#parts;
    const { cliClientId: audience, sessionMs } = identity;
    const server = await metadata.get();
    const { issuer } = server;
    try {
      const claims = await verifyToken(idToken, { issuer, audience, keys: this.#keys.find, now: clock.now(), maxAge: MAX_AGE_S });
      const { azp, iat = 0, aud } = claims;
      if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== audience) throw new TokenRefused('the token was given to another client');
      if (typeOf(idToken) === 'at+jwt') throw new TokenRefused('it is an access token, not an ID token');
      const all = await completed(clientOf(server, audience), claims, accessToken, identity.claims);
      const at = iat * 1000;
      return { person: personOf(all, identity), at, until: at + sessionMs };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw refusalOf(error, issuer);
      throw new SignInRefused('sign_in_refused', `The ID token isn't taken: ${error.message}.`, { hint: 'Run `countersign login` again.', cause: error });
    }
  }
}
