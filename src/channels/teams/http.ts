/**
 * Activities by HTTP: the Bot Connector posts them to `/teams/messages` on our own server with a token of its own. The SDK checks
 * signature, issuer, audience and time, and compares the token's `serviceurl` only with an activity that names a service. Here both must name
 * the same one, of the Bot Connector in the configuration: the bot may be reachable from other services, too.
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#step-4-verify-the-jwt-token
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { HttpRouteHandler, IHttpServerAdapter } from '@microsoft/teams.apps';
import { decodeJwt } from 'jose';
import type { Log } from '../log.ts';

export const MESSAGES_PATH = '/teams/messages';
const BODY_BYTES = 256 * 1024;

/** Ours in the SDK's place for Express. Says 503 until the SDK has registered its route, and after `close`. */
export class Mount implements IHttpServerAdapter {
  readonly #log: Log;
  readonly #origin: string;
  #handler: HttpRouteHandler | undefined;

  /** @param serviceUrl whose activities are taken: those of its origin, since Teams puts region and tenant into the path */
  constructor(serviceUrl: string, log: Log) {
    this.#log = log;
    this.#origin = new URL(serviceUrl).origin;
  }

  registerRoute(_method: 'POST', path: string, handler: HttpRouteHandler): void {
    if (path === MESSAGES_PATH) this.#handler = handler;
  }

  close(): void {
    this.#handler = undefined;
  }

  readonly listener: RequestListener = (request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      this.#log.warn({ err: error }, 'teams: an activity could not be answered');
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#handler === undefined) return void response.writeHead(503).end();
    if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
    const { authorization } = request.headers;
    if (authorization === undefined) return void response.writeHead(401).end();
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(400, { connection: 'close' }).end();
    if (!namesService(authorization, body, this.#origin)) return void response.writeHead(401).end();
    const answer = await this.#handler({ body, headers: { authorization } });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }
}

async function bodyOf(request: IncomingMessage): Promise<object | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the token may be believed is the SDK's to say. */
function namesService(authorization: string, body: object, origin: string): boolean {
  try {
    const claims = decodeJwt(authorization.replace(/^Bearer /, ''));
    const claimed = claims['serviceurl'] ?? claims['serviceUrl'];
    const given = 'serviceUrl' in body ? body.serviceUrl : undefined;
    return typeof claimed === 'string' && typeof given === 'string' && trimmed(claimed) === trimmed(given) && new URL(claimed).origin === origin;
  } catch {
    return false;
  }
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
