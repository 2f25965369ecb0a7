/** Microsoft's side: the Bot Connector with its roster, the keys of its tokens, and where our own token comes from. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PUBLIC } from '@microsoft/teams.api';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';

export const APP_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const TENANT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
export const CONVERSATION = '19:approvals@thread.tacv2';
export const ISSUER = 'https://api.botframework.com';

interface Call { readonly method: string; readonly path: string; readonly authorization: string | undefined; readonly body: { text?: string; textFormat?: string; attachments?: { content: unknown }[] } }

export interface TokenChanges { readonly issuer?: string; readonly audience?: string; readonly key?: CryptoKey; readonly expires?: number; readonly serviceurl?: string | undefined }

export class Cloud {
  url = '';
  /** What the token endpoint would give us. */
  ourToken: () => Promise<string> = () => Promise.resolve(OUR_TOKEN);
  readonly calls: Call[] = [];
  /** The text of each card, by the id of its activity. */
  readonly cards = new Map<string, string>();
  /** What was said in the thread of each card. */
  readonly replies = new Map<string, string[]>();
  readonly members = new Map<string, Record<string, unknown>>();
  /** Status to answer a call with, in place of doing it. */
  refuse: ((call: Call) => number | undefined) | undefined;
  #key: CryptoKey | undefined;
  #jwk: Record<string, unknown> = {};
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const json = (status: number, body: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const path = decodeURIComponent(request.url ?? '');
      if (path === '/v1/.well-known/keys') return json(200, { keys: [this.#jwk] });
      const text = Buffer.concat(chunks).toString();
      const call: Call = { method: request.method ?? '', path, authorization: request.headers.authorization, body: text === '' ? {} : JSON.parse(text) as Call['body'] };
      this.calls.push(call);
      const refused = this.refuse?.(call);
      if (refused !== undefined) return json(refused, {});
      return this.#connector(call, json);
    });
  });

  static async open(): Promise<Cloud> {
    const cloud = new Cloud();
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    cloud.#key = privateKey;
    cloud.#jwk = { ...await exportJWK(publicKey), kid: 'connector', alg: 'RS256', use: 'sig' };
    await new Promise<void>((resolve) => { cloud.#server.listen(0, '127.0.0.1', resolve); });
    cloud.url = `http://127.0.0.1:${(cloud.#server.address() as AddressInfo).port}`;
    return cloud;
  }

  environment() {
    return { cloud: { ...PUBLIC, openIdMetadataUrl: `${this.url}/v1/.well-known/openidconfiguration` }, token: () => this.ourToken() };
  }

  /** As the Bot Connector would sign it, but for the changes. */
  async token({ issuer = ISSUER, audience = APP_ID, key = this.#key, expires = Date.now() + 600_000, ...rest }: TokenChanges = {}): Promise<string> {
    const serviceurl = 'serviceurl' in rest ? rest.serviceurl : this.url;
    return new SignJWT({ ...(serviceurl !== undefined && { serviceurl }) }).setProtectedHeader({ alg: 'RS256', kid: 'connector' })
      .setIssuer(issuer).setAudience(audience).setIssuedAt(Math.trunc(expires / 1000) - 3600).setExpirationTime(Math.trunc(expires / 1000)).sign(key as CryptoKey);
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #connector({ method, path, body }: Call, json: (status: number, body: unknown) => void): void {
    const at = `/v3/conversations/${CONVERSATION}`;
    const card = JSON.stringify(body.attachments?.[0]?.content);
    if (method === 'POST' && path === `${at}/activities`) {
      const id = String(1_700_000_000_000 + this.cards.size);
      this.cards.set(id, card);
      return json(201, { id });
    }
    const thread = path.startsWith(`${at};messageid=`) ? /^\d+(?=\/activities$)/.exec(path.slice(`${at};messageid=`.length))?.[0] : undefined;
    if (method === 'POST' && thread !== undefined && this.cards.has(thread)) {
      this.replies.set(thread, [...this.replies.get(thread) ?? [], body.text ?? '']);
      return json(201, { id: `${thread}1` });
    }
    const [, kind, id = ''] = /^\/(activities|members)\/(.+)$/.exec(path.slice(at.length)) ?? [];
    if (method === 'PUT' && kind === 'activities' && this.cards.has(id)) {
      this.cards.set(id, card);
      return json(200, { id });
    }
    const member = this.members.get(id);
    return method === 'GET' && kind === 'members' && member !== undefined ? json(200, member) : json(404, {});
  }
}

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Opaque to us; the SDK reads its time. */
export const OUR_TOKEN = `${segment({ alg: 'none' })}.${segment({ aud: 'https://api.botframework.com', exp: 4_102_444_800 })}.x`;
