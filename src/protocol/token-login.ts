/** What both protocols do with a token in the place of a password. */

import type { AgentTokens, TokenLogin } from '../identity/agent-tokens.ts';
import { TokenRefused } from '../identity/oidc/verify-token.ts';
import { SignInRefused } from '../identity/sign-in.ts';
import { Refused } from './refusal.ts';

/** Rejects with Refused (login_refused). @param denied the server's own words for a wrong password, so that clients that look for them find them */
export async function admitByToken(tokens: AgentTokens, user: string, token: string, denied: string): Promise<TokenLogin> {
  try {
    return await tokens.admit(user, token);
  } catch (error) {
    if (error instanceof TokenRefused) throw refused(`${denied}: ${error.message}`, error.hint ?? 'The password is a token (JWT) that the agent\'s issuer gave; fetch a new one.');
    if (error instanceof SignInRefused) throw refused(`${denied}: the keys of the token's issuer can't be had just now`, 'Try again shortly; the proxy\'s operator finds the cause in its log.');
    throw error;
  }
}

/** Whoever is between could take the token and use it. */
export function tokenNeedsTls(user: string, hint: string): Refused {
  return refused(`agent ${JSON.stringify(user)} logs in by a token, which is taken over TLS only`, hint);
}

function refused(message: string, hint: string): Refused {
  return new Refused({ code: 'login_refused', message, hint });
}
