/** A certified OpenID Provider in this process (npm: oidc-provider), with whoever the test knows as its accounts. Anybody's password is right. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider';

export const REDIRECT = 'https://countersign.example.com/console/callback';
export const SECRET = 'a secret that only the issuer and countersign know';

/** Claims by login. */
export type Accounts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface RealIssuer {
  readonly url: string;
  /** The same issuer with other keys, as after a rotation. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

export interface RealIssuerOptions {
  readonly accounts?: Accounts;
  /** Are claims told by the userinfo endpoint only? */
  readonly thin?: boolean;
  readonly more?: Configuration;
}

/** The console (with a secret), one without, and the command line. */
const CLIENTS: ClientMetadata[] = [
  { client_id: 'countersign', client_secret: SECRET, redirect_uris: [REDIRECT], scope: 'openid email profile groups' },
  { client_id: 'public', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', scope: 'openid email profile groups' },
  { client_id: 'posting', client_secret: SECRET, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'client_secret_post', scope: 'openid email profile groups' },
  {
    client_id: 'countersign-cli', application_type: 'native', token_endpoint_auth_method: 'none', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    response_types: [], redirect_uris: [], scope: 'openid email profile groups',
  },
  { client_id: 'reporter', client_secret: SECRET, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
];

export async function startIssuer({ accounts = {}, thin = false, more = {} }: RealIssuerOptions = {}): Promise<RealIssuer> {
  let handle: ReturnType<Provider['callback']>;
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rotate = async (): Promise<void> => {
    handle = quietly(() => new Provider(url, { ...configuration(accounts, thin, [key], more.clientAuthMethods), ...more }));
  };
  let key = await newKey();
  await rotate();
  return {
    url,
    async rotate() {
      key = await newKey();
      await rotate();
    },
    stop: () => stopped(server),
  };
}

function configuration(accounts: Accounts, thin: boolean, keys: readonly JWK[], methods: Configuration['clientAuthMethods']): Configuration {
  return {
    clients: CLIENTS.filter(({ token_endpoint_auth_method: method = 'client_secret_basic' }) => methods === undefined || [...methods].some((one) => one === method)), jwks: { keys: [...keys] }, cookies: { keys: ['test'] }, conformIdTokenClaims: thin,
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'upn', 'oid', 'tid'], groups: ['groups', 'roles', '_claim_names', '_claim_sources'] },
    features: { deviceFlow: { enabled: true }, clientCredentials: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, id) => (accounts[id] === undefined ? undefined : { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60, DeviceCode: 600, ClientCredentials: 600 },
  };
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: crypto.randomUUID() };
}

/** Its warnings are about a production that this isn't. */
function quietly(make: () => Provider): ReturnType<Provider['callback']> {
  const { warn, info } = console;
  console.warn = console.info = () => {};
  try {
    return make().callback();
  } finally {
    Object.assign(console, { warn, info });
  }
}

function stopped(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return done;
}
