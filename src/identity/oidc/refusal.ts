/** What went wrong with the issuer, in words for the person who signs in. */

import * as oidc from 'openid-client';
import { SignInRefused } from '../sign-in.ts';
import { IssuerUnavailable } from './unavailable.ts';

export function refusalOf(error: unknown, issuer: string): SignInRefused {
  if (error instanceof SignInRefused) return error;
  if (error instanceof oidc.AuthorizationResponseError) {
    return new SignInRefused('sign_in_refused', `The issuer refused: ${error.error}${error.error_description === undefined ? '' : ` (${error.error_description})`}.`, { hint: 'An administrator of the issuer can let you use this application.', cause: error });
  }
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.WWWAuthenticateChallengeError) {
    const reason = error instanceof oidc.ResponseBodyError ? error.error : 'it doesn\'t know the client, its secret or the token';
    return new SignInRefused('sign_in_refused', `The issuer doesn't take the sign-in: ${reason}.`, { hint: 'Begin again; if it lasts, an operator should look at identity.client_id and identity.client_secret.', cause: error });
  }
  if (error instanceof oidc.ClientError && error.code !== 'OAUTH_TIMEOUT') return notTheAnswer(error);
  return new IssuerUnavailable(issuer, error);
}

export function notTheAnswer(cause?: unknown): SignInRefused {
  return new SignInRefused('sign_in_refused', 'What came back isn\'t the answer to this sign-in.', { hint: 'Begin again in this browser.', cause });
}
