/** Joins the ways in which people prove who they are, as the configuration has them. */

import type { Logger } from 'pino';
import type { RecordParts } from '../approval/signed-records.ts';
import type { Config } from '../config/config.ts';
import type { Journal } from '../journal/events.ts';
import { IdTokenSignIn } from './oidc/id-token.ts';
import { IssuerMetadata } from './oidc/metadata.ts';
import { OidcProvider } from './oidc/provider.ts';
import type { PeopleDirectory } from './people.ts';
import { Proofs } from './proofs.ts';
import type { SignInProvider } from './sign-in.ts';
import { type BegunSignIn, SignIns } from './sign-ins.ts';
import { type SignOutParts, SignOuts } from './sign-outs.ts';

/** Signing in from the command line. */
export interface CommandLineSignIn {
  /** What the command line must know to begin. */
  readonly offer: { readonly issuer: string; readonly clientId: string; readonly scopes: readonly string[] };
  /** Takes the tokens that the issuer gave, and gives one of ours for them. Rejects with SignInRefused. */
  exchange(idToken: string, accessToken?: string): Promise<BegunSignIn>;
}

export interface SignInParts extends RecordParts {
  readonly people: PeopleDirectory;
  readonly journal: Pick<Journal, 'append'>;
  readonly past?: SignOutParts['past'];
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface SignInDoors {
  readonly signIns: SignIns;
  readonly provider?: SignInProvider;
  readonly commandLine?: CommandLineSignIn;
  close(): void;
}

/** Nothing is asked of the issuer yet. Resolves when it is known which sign-ins were ended, and who has signed in, as far as the store answers. */
export async function createSignIn(config: Pick<Config, 'identity' | 'url'>, parts: SignInParts): Promise<SignInDoors> {
  const { people } = parts;
  const signOuts = new SignOuts({ ...parts, forget: (email, at) => people.forget(email, at) });
  await signOuts.begun;
  const proofs = new Proofs({ ...parts, proven: (proof) => { if (!signOuts.allEnded(proof)) people.remember(proof); } });
  await proofs.begun;
  const signIns = new SignIns({ ...parts, people: () => people, proofs, signOuts, ...(config.identity && { issuer: config.identity.issuer }) });
  const close = (): void => { for (const each of [signOuts, proofs]) each.close(); };
  return { signIns, ...doors(config, signIns, parts), close };
}

function doors({ identity, url }: Pick<Config, 'identity' | 'url'>, signIns: SignIns, { clock, log }: SignInParts): Pick<SignInDoors, 'provider' | 'commandLine'> {
  if (identity === undefined || url === undefined) return {};
  const metadata = new IssuerMetadata(identity.issuer, clock, log);
  const provider = new OidcProvider({ identity, url, metadata, clock });
  const { cliClientId, issuer, scopes } = identity;
  if (cliClientId === undefined) return { provider };
  const idTokens = new IdTokenSignIn({ identity: { ...identity, cliClientId }, metadata, clock, log });
  return {
    provider,
    commandLine: {
      offer: { issuer, clientId: cliClientId, scopes },
      exchange: async (idToken, accessToken) => signIns.begin('cli', await idTokens.finish(idToken, accessToken)),
    },
  };
}
