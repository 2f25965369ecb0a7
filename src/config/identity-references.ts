/** What the ways of signing in and logging in by tokens need of the rest of countersign.yaml. */

import { isSecure } from '../net/secure-address.ts';
import { checkDatabaseNames } from './lists.ts';
import type { ConfigFile } from './schema.ts';
import type { Path } from './yaml.ts';

type Report = (path: Path, message: string) => void;

const NEEDS_TLS = 'tokens are taken as passwords over TLS only, so tls: { cert: …, key: … } is needed';

export function checkIdentity({ identity, url, listen }: ConfigFile, report: Report): void {
  if (identity === undefined) return;
  if (listen.http === undefined) report(['identity'], 'people sign in over HTTP, so listen.http is needed');
  if (!identity.scopes.includes('openid')) report(['identity', 'scopes'], 'without the scope openid no issuer says who somebody is');
  if (identity.email_claim !== 'email' && !identity.trust_email) {
    report(['identity', 'email_claim'], `no issuer says whether ${identity.email_claim} is verified; if it hands out all addresses itself, say trust_email: true`);
  }
  if (url === undefined) report(['identity'], '"url" is missing in the file: the issuer sends people back to it, as url: https://countersign.example.com');
  else if (!isSecure(new URL(url))) report(['url'], 'people sign in there, so it must be https, except on this machine');
}

/** An ID token of a person mustn't serve as an agent's, nor the other way round (RFC 8725, 3.12). */
export function checkAudiences({ identity, agents, agent_issuers }: ConfigFile, report: Report): void {
  if (identity === undefined) return;
  const ofPeople = [identity.client_id, identity.cli_client_id];
  const check = (path: Path, jwt: { readonly issuer: string; readonly audience: string } | undefined): void => {
    if (jwt?.issuer === identity.issuer && ofPeople.includes(jwt.audience)) report(path, `"${jwt.audience}" is the audience of people's sign-ins at this issuer; agents' tokens need another one`);
  };
  for (const [index, { jwt }] of agents.entries()) check(['agents', index, 'jwt', 'audience'], jwt);
  for (const [index, issuer] of agent_issuers.entries()) check(['agent_issuers', index, 'audience'], issuer);
}

/** @param agent where it stands in the file, and what it says */
export function checkAgentJwt({ verifier, jwt }: ConfigFile['agents'][number], tls: ConfigFile['tls'], report: Report): void {
  if (jwt === undefined) {
    if (verifier === undefined) report([], 'the agent needs a verifier (`countersign agents verifier` prints one) or jwt: { issuer: …, audience: …, subject: … }');
    return;
  }
  if (verifier !== undefined) report(['jwt'], 'an agent logs in by a password or by a token, not by either: leave out verifier or jwt');
  if (jwt.subject === undefined && Object.keys(jwt.claims).length === 0) report(['jwt'], 'subject or claims are needed, else every token of the issuer would be this agent\'s');
  if (jwt.subject !== undefined && 'sub' in jwt.claims) report(['jwt', 'claims', 'sub'], 'subject has said already what the claim sub must be');
  if (tls === undefined) report(['jwt'], NEEDS_TLS);
}

export function checkAgentIssuers({ agent_issuers: issuers, tls, databases }: ConfigFile, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { issuer, audience, prefix = '', owner, owner_claim, databases: names }] of issuers.entries()) {
    const at = (path: Path, message: string): void => report(['agent_issuers', index, ...path], message);
    if ((owner === undefined) === (owner_claim === undefined)) at([], 'exactly one of owner and owner_claim says who answers for the issuer\'s agents');
    if (tls === undefined) at([], NEEDS_TLS);
    const key = JSON.stringify([issuer, audience, prefix]);
    if (seen.has(key)) at(['issuer'], 'there is another entry of the same issuer, audience and prefix');
    seen.add(key);
    checkDatabaseNames(names, databases, (position, message) => at(['databases', position], message));
  }
}
