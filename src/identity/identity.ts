/** Joins the ways in which people prove who they are, as the configuration has them. */

import type { Logger } from 'pino';
import type { DecisionKeys } from '../approval/keys.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../runtime/clock.ts';
import { IdTokenSignIn } from './oidc/id-token.ts';
import { IssuerMetadata } from './oidc/metadata.ts';
import { OidcProvider } from './oidc/provider.ts';
import type { PeopleDirectory, TokenHolder } from './people.ts';
import type { SignedIn, SignInProvider } from './sign-in.ts';
import { SignInTokens } from './sign-in-tokens.ts';

/** Signing in from the command line. */
export interface CommandLineSignIn {
  /** What the command line must know to begin. */
  readonly offer: { readonly issuer: string; readonly clientId: string; readonly scopes: readonly string[] };
  /** Takes the tokens that the issuer gave, and gives one of ours for them. Rejects with SignInRefused. */
  exchange(idToken: string, accessToken?: string): Promise<{ readonly token: string; readonly signedIn: SignedIn }>;
  /** Whose token of ours it is; undefined when it is none, or no longer. */
  holder(token: string): Promise<TokenHolder | undefined>;
}

export interface SignInParts {
  readonly keys: DecisionKeys;
  readonly people: PeopleDirectory;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Nothing is asked of the issuer yet. */
export function createSignIn({ identity, url }: Pick<Config, 'identity' | 'url'>, parts: SignInParts): { readonly provider?: SignInProvider; readonly commandLine?: CommandLineSignIn } {
  if (identity === undefined || url === undefined) return {};
  const metadata = new IssuerMetadata(identity.issuer, parts.clock, parts.log);
  const provider = new OidcProvider({ identity, url, metadata, clock: parts.clock });
  const { cliClientId, issuer, scopes } = identity;
  if (cliClientId === undefined) return { provider };
  const idTokens = new IdTokenSignIn({ identity: { ...identity, cliClientId }, metadata, clock: parts.clock, log: parts.log });
  const tokens = new SignInTokens(parts);
  return {
    provider,
    commandLine: {
      offer: { issuer, clientId: cliClientId, scopes },
      async exchange(idToken, accessToken) {
        const signedIn = await idTokens.finish(idToken, accessToken);
        const token = await tokens.issue(signedIn);
        parts.people.remember(signedIn);
        parts.log.info({ person: signedIn.person.email }, 'identity: somebody has signed in from the command line');
        return { token, signedIn };
      },
      holder: (token) => tokens.holder(token),
    },
  };
}
