/** How people sign in by OpenID Connect and how agents log in by tokens: the parts of countersign.yaml, and what becomes of them. */

import { z } from 'zod';
import type { AgentJwt } from '../identity/agent.ts';
import { isSecure } from '../net/secure-address.ts';
import type { AgentIssuerConfig, IdentityConfig, SecretSource } from './config.ts';
import { email, name, secret, text, wait } from './fields.ts';
import { defined } from './defined.ts';

const texts = z.array(text).default([]);

/** Keys and tokens come from there, so it is https, or plain http on this machine. Kept as it is written: issuers are compared as text. */
const secureUrl = z.string().refine(isSecureUrl, 'an https address is needed here, such as https://login.example.com (plain http only for 127.0.0.1, [::1] and localhost), without user, query and fragment');

/** Where people reach console and API. Kept without the slash at its end. */
export const url = z.string()
  .refine((given) => isPlainUrl(given, /^https?:$/), 'a URL without user, query and fragment is needed here, such as https://countersign.example.com')
  .transform((given) => given.replace(/\/+$/, ''));

/** What claims must be; of a list, one member must be it: `{ repository: acme/shop, environment: production }`. */
const claims = z.record(text, z.union([z.string(), z.number(), z.boolean()], 'a string, a number, true or false is needed here'));

/**
 * `{ issuer: https://login.example.com, client_id: countersign, client_secret: { env: OIDC_SECRET }, cli_client_id: countersign-cli,
 *    groups_claim: groups, roles: { approver: [dba-oncall], auditor: [audit], admin: [platform] }, session: 12h }`
 * Without `client_secret` it is a public client. `trust_email` is for issuers that say nothing of whether an e-mail is verified.
 */
export const identity = z.strictObject({
  issuer: secureUrl,
  label: text.optional(),
  client_id: text,
  client_secret: secret.optional(),
  cli_client_id: text.optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope has no spaces, quotes and backslashes')).default(['openid', 'email', 'profile', 'groups']),
  email_claim: text.default('email'),
  trust_email: z.boolean().default(false),
  groups_claim: text.default('groups'),
  roles: z.strictObject({ approver: texts, auditor: texts, admin: texts }).prefault({}),
  session: wait.prefault('12h'),
});

/** `jwt: { issuer: https://login.example.com, audience: countersign, subject: reporter }`; `claims` in place of `subject`, or beside it. */
export const agentJwt = z.strictObject({
  issuer: secureUrl,
  audience: text,
  jwks_uri: secureUrl.optional(),
  subject: text.optional(),
  claims: claims.default({}),
});

/**
 * `{ issuer: https://login.example.com, audience: countersign, prefix: ci-, name_claim: sub, owner_claim: owner, groups_claim: groups, databases: [shop] }`
 * The agent's name, which it gives as its user, is the prefix and the claim's value.
 */
export const agentIssuer = z.strictObject({
  issuer: secureUrl,
  audience: text,
  jwks_uri: secureUrl.optional(),
  claims: claims.default({}),
  prefix: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/, 'a prefix is the beginning of a name: at most 31 letters, digits, "_", "." and "-"').optional(),
  name_claim: text.default('sub'),
  owner: email.optional(),
  owner_claim: text.optional(),
  groups_claim: text.optional(),
  acts_for_claim: text.optional(),
  databases: z.array(name).default([]),
});

export function identityOf(shape: z.output<typeof identity>, located: (source: SecretSource) => SecretSource): IdentityConfig {
  return {
    issuer: shape.issuer,
    label: shape.label ?? new URL(shape.issuer).hostname,
    clientId: shape.client_id,
    ...(shape.client_secret !== undefined && { clientSecret: located(shape.client_secret) }),
    ...(shape.cli_client_id !== undefined && { cliClientId: shape.cli_client_id }),
    scopes: shape.scopes,
    claims: { email: shape.email_claim, trustEmail: shape.trust_email, groups: shape.groups_claim },
    roles: shape.roles,
    sessionMs: shape.session,
  };
}

export function agentJwtOf({ issuer, audience, jwks_uri, subject, claims: wanted }: z.output<typeof agentJwt>): AgentJwt {
  const conditions = Object.entries(wanted);
  return {
    issuer, audience, ...(jwks_uri !== undefined && { jwksUri: jwks_uri }),
    claims: new Map(subject === undefined ? conditions : [['sub', subject], ...conditions]),
  };
}

export function agentIssuerOf(shape: z.output<typeof agentIssuer>): AgentIssuerConfig {
  const { issuer, audience, databases } = shape;
  return {
    issuer, audience, databases, claims: new Map(Object.entries(shape.claims)), prefix: shape.prefix ?? '', nameClaim: shape.name_claim,
    ...defined({ jwksUri: shape.jwks_uri, owner: shape.owner, ownerClaim: shape.owner_claim, groupsClaim: shape.groups_claim, actsForClaim: shape.acts_for_claim }),
  };
}

function isSecureUrl(given: string): boolean {
  return isPlainUrl(given, /^https?:$/) && isSecure(new URL(given));
}

function isPlainUrl(given: string, protocol: RegExp): boolean {
  const parsed = URL.parse(given);
  return parsed !== null && protocol.test(parsed.protocol) && parsed.username === '' && parsed.password === '' && !/[?#]/.test(given);
}
