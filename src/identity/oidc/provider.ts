/** Sign-in in a browser: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207). */

import * as oidc from 'openid-client';
import { z } from 'zod';
import type { IdentityConfig } from '../../config/config.ts';
import { readSecret } from '../../config/secrets.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type SignedIn, SignInRefused, type SignInProvider } from '../sign-in.ts';
import { type Claims, personOf } from './claims.ts';
import { type IssuerMetadata, isPlain } from './metadata.ts';
import { IssuerUnavailable } from './unavailable.ts';

/** How long a sign-in may take, from leaving to coming back. */
const TAKES_MS = 15 * 60_000;
const TIMEOUT_S = 10;

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
    const claims = await this.#asking(async () => {
      const tokens = await oidc.authorizationCodeGrant(client, current, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
      return await this.#complete(client, tokens.claims() ?? {}, tokens.access_token);
    });
    if (claims['azp'] !== undefined && claims['azp'] !== identity.clientId) throw notTheAnswer();
    return { person: personOf(claims, identity), until: clock.now() + identity.sessionMs };
  }

  /** Issuers may tell e-mail and groups only when they are asked with the access token. What the ID token says counts first. */
  async #complete(client: oidc.Configuration, claims: Claims, accessToken: string): Promise<Claims> {
    const { email, groups } = this.#parts.identity.claims;
    const told = [email, groups].every((name) => claims[name] !== undefined);
    if (told || client.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await oidc.fetchUserInfo(client, accessToken, String(claims['sub']))), ...claims };
  }

  /** Made anew at each use: the secret may have been changed, and so may the issuer's keys. */
  async #client(): Promise<oidc.Configuration> {
    const { identity, metadata } = this.#parts;
    const server = await metadata.get();
    const secret = identity.clientSecret === undefined ? undefined : await readSecret(identity.clientSecret).catch((cause: unknown) => {
      throw new SignInRefused('sign_in_refused', 'The secret that Countersign shares with the issuer can\'t be read.', { hint: 'An operator should look at identity.client_secret.', cause });
    });
    const client = new oidc.Configuration(server, identity.clientId, undefined, authentication(secret, server));
    client.timeout = TIMEOUT_S;
    // The ID token's signature is checked although it comes over TLS: then it doesn't matter who ends that.
    oidc.enableNonRepudiationChecks(client);
    if (isPlain(identity.issuer)) oidc.allowInsecureRequests(client);
    return client;
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw refusalOf(error, this.#parts.identity.issuer);
    }
  }
}

/** By HTTP Basic unless the issuer can't (OpenID Connect Discovery 1.0, 3: that is what silence means). */
function authentication(secret: string | undefined, { token_endpoint_auth_methods_supported: methods }: oidc.ServerMetadata): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  return methods === undefined || methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}

function keptBy(text: string): z.infer<typeof Kept> {
  try {
    return Kept.parse(JSON.parse(text));
  } catch (cause) {
    throw new SignInRefused('sign_in_refused', 'Nothing is known of this sign-in.', { hint: 'Begin again in this browser.', cause });
  }
}

function refusalOf(error: unknown, issuer: string): SignInRefused {
  if (error instanceof SignInRefused) return error;
  if (error instanceof oidc.AuthorizationResponseError) {
    return new SignInRefused('sign_in_refused', `The issuer refused: ${error.error}${error.error_description === undefined ? '' : ` (${error.error_description})`}.`, { hint: 'An administrator of the issuer can let you use this application.', cause: error });
  }
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.WWWAuthenticateChallengeError) {
    return new SignInRefused('sign_in_refused', `The issuer doesn't take the sign-in: ${error instanceof oidc.ResponseBodyError ? error.error : 'it knows no such client, or its secret is another one'}.`, { hint: 'Begin again; if it lasts, an operator should look at identity.client_id and identity.client_secret.', cause: error });
  }
  if (error instanceof oidc.ClientError && error.code !== 'OAUTH_TIMEOUT') {
    return notTheAnswer(error);
  }
  return new IssuerUnavailable(issuer, error);
}

function notTheAnswer(cause?: unknown): SignInRefused {
  return new SignInRefused('sign_in_refused', 'What came back isn\'t the answer to this sign-in.', { hint: 'Begin again in this browser.', cause });
}
