/** From a verified token's claims to an agent that isn't listed. Pure. */

import type { AgentIssuerConfig } from '../config/config.ts';
import { EMAIL, NAME } from '../config/fields.ts';
import type { Agent, AgentJwt } from './agent.ts';
import { normalEmail } from './email.ts';
import type { Claims } from './oidc/claims.ts';
import { TokenRefused } from './oidc/verify-token.ts';

const MOST_GROUPS = 200;
const LONGEST_GROUP = 256;

/** Are the claims what they must be? Of a list, one member must be it. */
export function meets(claims: Claims, wanted: AgentJwt['claims']): boolean {
  return [...wanted].every(([name, value]) => {
    const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return Array.isArray(claim) ? claim.includes(value) : claim === value;
  });
}

/**
 * Claims that the configuration names must be there: a token that leaves out who it acts for, or its groups, would be held to less.
 * @throws TokenRefused
 */
export function issuedAgent(claims: Claims, rule: AgentIssuerConfig): Agent {
  if (!meets(claims, rule.claims)) throw new TokenRefused('the token\'s claims aren\'t those that the issuer\'s agents must have');
  const { owner, ownerClaim, groupsClaim, actsForClaim } = rule;
  return {
    name: nameOf(claims, rule), verifiers: {}, databases: rule.databases,
    owner: ownerClaim === undefined ? (owner ?? '') : emailOf(claims, ownerClaim),
    groups: groupsClaim === undefined ? [] : groupsOf(claims, groupsClaim),
    ...(actsForClaim !== undefined && { actsFor: emailOf(claims, actsForClaim) }),
  };
}

function nameOf(claims: Claims, { prefix, nameClaim }: AgentIssuerConfig): string {
  const name = prefix + textOf(claims, nameClaim);
  if (!NAME.test(name)) throw new TokenRefused(`the claim ${nameClaim} makes no name of an agent (letters, digits, "_", "." and "-", at most 63 with the prefix)`);
  return name;
}

function emailOf(claims: Claims, claim: string): string {
  const email = textOf(claims, claim);
  if (!EMAIL.test(email)) throw new TokenRefused(`the claim ${claim} is no e-mail address`);
  // It decides who may not decide: what its subject could have chosen for itself says nothing.
  if (claim === 'email' && claims['email_verified'] === false) throw new TokenRefused('the claim email isn\'t verified');
  return normalEmail(email);
}

function groupsOf(claims: Claims, claim: string): readonly string[] {
  const given = claims[claim];
  const groups: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (!groups.every((group) => typeof group === 'string' && group.length <= LONGEST_GROUP)) throw new TokenRefused(`the claim ${claim} is missing, or no list of names`);
  if (groups.length > MOST_GROUPS) throw new TokenRefused(`the claim ${claim} has more than ${MOST_GROUPS} groups`);
  return [...new Set(groups as readonly string[])];
}

function textOf(claims: Claims, claim: string): string {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof value !== 'string' || value === '') throw new TokenRefused(`the claim ${claim} is missing, or no text`);
  return value;
}
