/** Listens for the API, with limits that keep slow and idle clients from holding what others need. */

import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Address } from '../config/config.ts';
import type { Api } from './app.ts';

export interface HttpServer {
  /** `http://host:port` with the port that was really taken. */
  readonly url: string;
  readonly address: Address;
  /** Stops accepting, ends event streams, waits up to `graceMs` for calls under way. */
  close(graceMs?: number): Promise<void>;
}

export interface HttpOptions {
  /** Paths answered by another listener of node's kind: `/slack/events`. Exact matches. */
  readonly mounts?: ReadonlyMap<string, RequestListener>;
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  /** From the connection, or the request before, to the end of the headers. */
  headersTimeout: 10_000,
  /** To the end of the body. Answers may take as long as they like (event streams). */
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
} as const;
const MAX_CONNECTIONS = 1024;

/** @throws the listen error (EADDRINUSE, EACCES, …) as it is. */
export async function serveApi(api: Api, address: Address, options: HttpOptions = {}): Promise<HttpServer> {
  const hono = getRequestListener(api.app.fetch, { overrideGlobalObjects: false });
  const server = createServer(LIMITS, (request, response) => {
    const mounted = options.mounts?.get(pathOf(request));
    if (mounted === undefined) void hono(request, response);
    else runMounted(mounted, request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, address);
  const bound = boundTo(server, address);
  return { url: urlOf(bound), address: bound, close: (graceMs = 5_000) => closed(server, api, graceMs) };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** A mounted listener that throws (Bolt's does, for a method it doesn't serve) must not end the process. */
function runMounted(listener: RequestListener, request: IncomingMessage, response: ServerResponse): void {
  try {
    listener(request, response);
  } catch {
    response.writeHead(404).end();
  }
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function boundTo(server: Server, { host }: Address): Address {
  const bound = server.address() as AddressInfo;
  return { host, port: bound.port };
}

function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function closed(server: Server, api: Api, graceMs: number): Promise<void> {
  api.closeStreams();
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection becomes idle only once the answer under way is out.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await done;
  clearInterval(idle);
  clearTimeout(force);
}
