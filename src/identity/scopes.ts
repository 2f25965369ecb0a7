import { TOKEN_SCOPES, type TokenScope } from '../config/config.ts';
import type { Role } from './person.ts';

/** What a role may do by API. */
const SCOPES: { readonly [R in Role]: readonly TokenScope[] } = {
  approver: ['requests:read', 'requests:decide', 'sessions:read', 'agents:read'],
  auditor: ['requests:read', 'sessions:read', 'agents:read', 'audit:read'],
  // Only approvers decide.
  admin: TOKEN_SCOPES.filter((scope) => scope !== 'requests:decide'),
};

export function scopesOf(roles: readonly Role[]): ReadonlySet<TokenScope> {
  return new Set(roles.flatMap((role) => SCOPES[role]));
}
