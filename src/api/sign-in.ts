/** /api/v1/sign-in: what the command line needs to sign somebody in, a token of ours for the issuer's, and the end of that. */

import type { Hono } from 'hono';
import type { CommandLineSignIn } from '../identity/identity.ts';
import { scopesOf } from '../identity/scopes.ts';
import { SignInRefused } from '../identity/sign-in.ts';
import type { SignIns } from '../identity/sign-ins.ts';
import { type ApiEnv, type FailureLimit, presentedIn } from './auth.ts';
import { bodyOf, queryOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { NoQuery, SignInBody } from './schemas.ts';

export interface SignInRouteParts {
  readonly signIn?: CommandLineSignIn | undefined;
  readonly signIns?: Pick<SignIns, 'find' | 'end' | 'refused'> | undefined;
}

/** Open: these are the calls that give tokens, and take them back. */
export function signInRoutes(app: Hono<ApiEnv>, { signIn, signIns }: SignInRouteParts, failures: FailureLimit): void {
  app.get('/api/v1/sign-in', (context) => {
    queryOf(context, NoQuery);
    const { issuer, clientId, scopes } = configured(signIn).offer;
    return context.json({ issuer, client_id: clientId, scopes });
  });
  app.post('/api/v1/sign-in', async (context) => {
    const { id_token, access_token } = await bodyOf(context, SignInBody);
    try {
      const { token, signIn: { person, until } } = await configured(signIn).exchange(id_token, access_token);
      return context.json({ token, email: person.email, roles: person.roles, scopes: [...scopesOf(person.roles)], until: new Date(until).toISOString() });
    } catch (error) {
      if (!(error instanceof SignInRefused) || error.code === 'issuer_unavailable') throw error;
      const refusal = failures.refusal(context);
      if (refusal.code === 'too_many_failures') throw refusal;
      signIns?.refused('cli', error);
      throw error;
    }
  });
  app.delete('/api/v1/sign-in', async (context) => {
    const holder = await signIns?.find('cli', presentedIn(context.req.header('authorization')) ?? '');
    if (signIns === undefined || holder === undefined) throw failures.refusal(context);
    const { signIn: { id, person: { email } } } = holder;
    return context.json({ sign_in: id, email, ...(await signIns.end(holder.signIn)) });
  });
}

function configured(signIn: CommandLineSignIn | undefined): CommandLineSignIn {
  if (signIn !== undefined) return signIn;
  throw new ApiProblem('not_found', 'Nobody can sign in here from the command line.', { hint: 'An operator can set identity.cli_client_id; until then use an API token (COUNTERSIGN_TOKEN).' });
}
