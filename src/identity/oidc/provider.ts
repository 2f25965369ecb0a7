/** Sign-in in a browser: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207). */

import * as oidc from 'openid-client';
import { z } from 'zod';
import type { IdentityConfig } from '../../config/config.ts';
import { readSecret } from '../../config/secrets.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type SignedIn, SignInRefused, type SignInProvider } from '../sign-in.ts';
import { type Claims, personOf } from './claims.ts';
import { clientOf } from './client.ts';
import type { IssuerMetadata } from './metadata.ts';
import { notTheAnswer, refusalOf } from './refusal.ts';
import { completed } from './user-info.ts';

/** How long a sign-in may take, from leaving to coming back. */
const TAKES_MS = 15 * 60_000;

export interface OidcParts {
  readonly identity: IdentityConfig;
  /** Config.url */
  readonly url: string;
  readonly metadata: IssuerMetadata;
  readonly clock: Pick<Clock, 'now'>;
}

const Kept = z.strictObject({ verifier: z.string(), state: z.string(), nonce: z.string(), until: z.number() });

export class OidcProvider implements SignInProvider {
  readonly label: string;
  readonly #parts: OidcParts;
  readonly #redirect: string;

  constructor(parts: OidcParts) {
    this.label = parts.identity.label;
    this.#parts = parts;
    this.#redirect = `${parts.url}/console/callback`;
  }

  async begin(): Promise<{ readonly location: URL; readonly kept: string }> {
    const { clock, identity } = this.#parts;
    const client = await this.#client();
    const kept: z.infer<typeof Kept> = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce(), until: clock.now() + TAKES_MS };
    const location = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.#redirect, scope: identity.scopes.join(' '), state: kept.state, nonce: kept.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256',
    });
    return { location, kept: JSON.stringify(kept) };
  }

  async finish(back: URL, kept: string): Promise<SignedIn> {
    const { clock, identity } = this.#parts;
    const { verifier, state, nonce, until } = keptBy(kept);
    if (until <= clock.now()) throw new SignInRefused('sign_in_refused', 'Signing in took too long.', { hint: 'Begin again.' });
    const client = await this.#client();
    // What stands before us may have ended TLS or changed the path: the issuer knows our address by its configured name.
    const current = new URL(this.#redirect);
    current.search = back.search;
    const claims = await this.#claims(client, current, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
    const at = clock.now();
    return { person: personOf(claims, identity), at, until: at + identity.sessionMs };
  }

  async #claims(client: oidc.Configuration, current: URL, checks: oidc.AuthorizationCodeGrantChecks): Promise<Claims> {
    const { identity } = this.#parts;
    try {
      const tokens = await oidc.authorizationCodeGrant(client, current, checks);
      const claims: Claims = tokens.claims() ?? {};
      if (claims['azp'] !== undefined && claims['azp'] !== identity.clientId) throw notTheAnswer();
      return await completed(client, claims, tokens.access_token, identity.claims);
    } catch (error) {
      throw refusalOf(error, identity.issuer);
    }
  }

  async #client(): Promise<oidc.Configuration> {
    const { identity: { clientId, clientSecret }, metadata } = this.#parts;
    const server = await metadata.get();
    const secret = clientSecret === undefined ? undefined : await readSecret(clientSecret).catch((cause: unknown) => {
      throw new SignInRefused('sign_in_refused', 'The secret that Countersign shares with the issuer can\'t be read.', { hint: 'An operator should look at identity.client_secret.', cause });
    });
    return clientOf(server, clientId, secret);
  }
}

function keptBy(text: string): z.infer<typeof Kept> {
  try {
    return Kept.parse(JSON.parse(text));
  } catch (cause) {
    throw new SignInRefused('sign_in_refused', 'Nothing is known of this sign-in.', { hint: 'Begin again in this browser.', cause });
  }
}
