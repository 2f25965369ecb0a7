/** Claims that an ID token leaves out when an access token comes with it (Okta's "thin" ID tokens; OpenID Connect Core 1.0, 5.3 and 5.4). */

import * as oidc from 'openid-client';
import type { ClaimRules } from '../../config/config.ts';
import type { Claims } from './claims.ts';

/**
 * The claims, completed by the userinfo endpoint where they don't say all that is needed. What that says counts first, so that
 * `email` and `email_verified` are never put together from two places. Rejects as openid-client does, also when it is about somebody else.
 */
export async function completed(client: oidc.Configuration, claims: Claims, accessToken: string | undefined, rules: ClaimRules): Promise<Claims> {
  const needed = [rules.email, rules.groups, ...(rules.email === 'email' && !rules.trustEmail ? ['email_verified'] : [])];
  const told = needed.every((name) => claims[name] !== undefined);
  if (told || accessToken === undefined || client.serverMetadata().userinfo_endpoint === undefined) return claims;
  return { ...claims, ...(await oidc.fetchUserInfo(client, accessToken, String(claims['sub']))) };
}
