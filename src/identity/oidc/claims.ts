/** From an issuer's claims to a person. Pure. */

import type { IdentityConfig } from '../../config/config.ts';
import { EMAIL } from '../../config/fields.ts';
import { normalEmail } from '../email.ts';
import { type Person, ROLES } from '../person.ts';
import { SignInRefused } from '../sign-in.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Entra ID sends at most 200 in a JWT. */
const MOST_GROUPS = 500;
const LONGEST_GROUP = 256;

/**
 * Who the claims say somebody is; roles by group, none from nothing.
 * @throws SignInRefused when the e-mail isn't there or not verified, or the groups aren't told whole.
 */
export function personOf(claims: Claims, { claims: rules, roles }: Pick<IdentityConfig, 'claims' | 'roles'>): Person {
  const email = emailOf(claims, rules);
  const groups = groupsOf(claims, rules.groups, email);
  return { email, groups, roles: ROLES.filter((role) => roles[role].some((group) => groups.includes(group))) };
}

function emailOf(claims: Claims, { email: name, trustEmail }: IdentityConfig['claims']): string {
  const email = claims[name];
  if (typeof email !== 'string' || !EMAIL.test(email)) {
    throw refused(`The issuer doesn't say your e-mail: the claim ${name} is ${email === undefined ? 'missing' : 'no e-mail address'}.`, 'An operator can set identity.email_claim and identity.scopes, or have the issuer send the claim.');
  }
  // email_verified speaks of the claim email only (OpenID Connect Core 1.0, 5.1).
  const verified = name === 'email' ? claims['email_verified'] : undefined;
  if (verified === true || (trustEmail && verified === undefined)) return normalEmail(email);
  if (verified === undefined) throw refused('The issuer doesn\'t say whether your e-mail is verified.', 'If it hands out all addresses itself, an operator can set identity.trust_email: true.', email);
  throw refused('The issuer says that your e-mail isn\'t verified.', 'Verify it there, and sign in again.', email);
}

/** A list of names, one name, or nothing. */
function groupsOf(claims: Claims, name: string, email: string): readonly string[] {
  if (isLeftOut(claims, name)) {
    throw refused(`You are in more groups than the issuer sends in a token (it left out the claim ${name}).`, 'An operator can have it send only the groups assigned to the application, or application roles.', email);
  }
  const given = claims[name] ?? [];
  const groups: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (!groups.every((group) => typeof group === 'string')) throw refused(`The claim ${name} is no list of names.`, 'An operator can set identity.groups_claim to the claim that lists your groups.', email);
  if (groups.length > MOST_GROUPS || groups.some((group) => group.length > LONGEST_GROUP)) {
    throw refused(`The claim ${name} lists more than ${MOST_GROUPS} groups, or one whose name is longer than ${LONGEST_GROUP} characters.`, 'An operator can have the issuer send only the groups that Countersign needs.', email);
  }
  return [...new Set(groups)];
}

/** Entra ID's "group overage claim": `_claim_names` names what is to be fetched elsewhere, in the implicit flow `hasgroups` stands for it. */
function isLeftOut(claims: Claims, name: string): boolean {
  const elsewhere = claims['_claim_names'];
  const named = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name);
  return named || (claims['hasgroups'] !== undefined && claims[name] === undefined && name === 'groups');
}

function refused(message: string, hint: string, claimed?: string): SignInRefused {
  return new SignInRefused('sign_in_refused', message, { hint, ...(claimed !== undefined && { claimed }) });
}
