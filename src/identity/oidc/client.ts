import * as oidc from 'openid-client';
import { isPlain } from './metadata.ts';

const TIMEOUT_S = 10;

/** Talks to an issuer for one of its clients. Made anew at each sign-in: the secret may have been changed, and so may the issuer's keys. */
export function clientOf(server: oidc.ServerMetadata, clientId: string, secret?: string): oidc.Configuration {
  const client = new oidc.Configuration(server, clientId, undefined, authentication(secret, server));
  client.timeout = TIMEOUT_S;
  // An ID token's signature is checked although it comes over TLS: then it doesn't matter who ends that.
  oidc.enableNonRepudiationChecks(client);
  if (isPlain(server.issuer)) oidc.allowInsecureRequests(client);
  return client;
}

/** By HTTP Basic unless the issuer can't (OpenID Connect Discovery 1.0, 3: that is what silence means). */
function authentication(secret: string | undefined, { token_endpoint_auth_methods_supported: methods }: oidc.ServerMetadata): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  return methods === undefined || methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}
