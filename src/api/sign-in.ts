/** /api/v1/sign-in: what the command line needs to sign somebody in, and a token of ours for the issuer's. */

import type { Hono } from 'hono';
import type { CommandLineSignIn } from '../identity/identity.ts';
import { scopesOf } from '../identity/sign-in-tokens.ts';
import { SignInRefused } from '../identity/sign-in.ts';
import type { ApiEnv, FailureLimit } from './auth.ts';
import { bodyOf, queryOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { NoQuery, SignInBody } from './schemas.ts';

/** Open: these are the calls that give tokens. */
export function signInRoutes(app: Hono<ApiEnv>, signIn: CommandLineSignIn | undefined, failures: FailureLimit): void {
  app.get('/api/v1/sign-in', (context) => {
    queryOf(context, NoQuery);
    const { issuer, clientId, scopes } = configured(signIn).offer;
    return context.json({ issuer, client_id: clientId, scopes });
  });
  app.post('/api/v1/sign-in', async (context) => {
    const { id_token, access_token } = await bodyOf(context, SignInBody);
    try {
      const { token, signedIn: { person, until } } = await configured(signIn).exchange(id_token, access_token);
      return context.json({ token, email: person.email, roles: person.roles, scopes: [...scopesOf(person.roles)], until: new Date(until).toISOString() });
    } catch (error) {
      if (!(error instanceof SignInRefused) || error.code === 'issuer_unavailable') throw error;
      const refusal = failures.refusal(context);
      throw refusal.code === 'too_many_failures' ? refusal : error;
    }
  });
}

function configured(signIn: CommandLineSignIn | undefined): CommandLineSignIn {
  if (signIn !== undefined) return signIn;
  throw new ApiProblem('not_found', 'Nobody can sign in here from the command line.', { hint: 'An operator can set identity.cli_client_id; until then use an API token (COUNTERSIGN_TOKEN).' });
}
