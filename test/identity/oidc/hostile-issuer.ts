/** An issuer that signs whatever the test wants, changes its keys, lies in its ID tokens, or goes down. */

import type { webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

type Key = { readonly kid: string; readonly alg: string; readonly privateKey: webcrypto.CryptoKey; readonly publicJwk: JWK };

export class HostileIssuer {
  readonly url: string;
  /** Calls by path. */
  readonly calls = new Map<string, number>();
  /** What the token endpoint gives as ID token. */
  idToken = '';
  /** What the userinfo endpoint says. */
  userInfo: Record<string, unknown> | undefined;
  /** Everything is answered by 503. */
  down = false;
  #keys: Key[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  static async start(): Promise<HostileIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new HostileIssuer(server);
    await issuer.rotate();
    return issuer;
  }

  /** Another key in the place of those there are. */
  async rotate(alg = 'ES256'): Promise<Key> {
    const key = await newKey(alg);
    this.#keys = [key];
    return key;
  }

  get key(): Key {
    return this.#keys[0] as Key;
  }

  /** A good token for an hour, but for what is said. `undefined` leaves a claim out. */
  sign(claims: Readonly<Record<string, unknown>>, { key = this.key, typ = 'JWT', kid = key.kid }: { key?: Key; typ?: string; kid?: string | undefined } = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = JSON.parse(JSON.stringify({ iss: this.url, sub: 'reporter', aud: 'countersign', iat: now, exp: now + 3600, ...claims })) as JWTPayload;
    return new SignJWT(payload).setProtectedHeader({ alg: key.alg, typ, ...(kid === '' ? {} : { kid }) }).sign(key.privateKey);
  }

  async stop(): Promise<void> {
    const done = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await done;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.calls.set(path, (this.calls.get(path) ?? 0) + 1);
    const { url } = this;
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: url, jwks_uri: `${url}/jwks`, authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token`, userinfo_endpoint: `${url}/userinfo`, response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['ES256', 'RS256', 'HS256', 'none'],
      },
      '/jwks': { keys: this.#keys.map(({ publicJwk }) => publicJwk) },
      '/userinfo': this.userInfo,
      '/token': { access_token: 'a', token_type: 'Bearer', id_token: this.idToken },
    };
    const document = this.down ? undefined : documents[path];
    response.writeHead(document === undefined ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  }
}

export async function newKey(alg = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = crypto.randomUUID();
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** The token with another header, unsigned. */
export function unsigned(claims: object, header: object = { alg: 'none' }): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.`;
}
