/** A receiver of webhooks on this machine, which checks signatures with another implementation than ours. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly type: string;
  readonly data: { readonly request: { readonly id: string; readonly state: string; readonly text?: string }; readonly decision?: Record<string, unknown>; readonly url?: string };
}

export class Receiver {
  /** In the order in which they came, accepted or not. */
  readonly received: Received[] = [];
  /** What is answered: a status, a status with headers, or nothing at all. */
  answer: (call: Received) => number | { status: number; headers: Record<string, string> } | 'hang' = () => 204;
  readonly #server: Server;

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const call = { id: headers['webhook-id'] ?? '', headers, body, ...JSON.parse(body) as Pick<Received, 'type' | 'data'> };
    this.received.push(call);
    const answer = this.answer(call);
    if (answer === 'hang') return;
    if (typeof answer === 'number') response.writeHead(answer).end('ignored');
    else response.writeHead(answer.status, answer.headers).end();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?key=hunter2`;
  }

  ids(): readonly string[] {
    return this.received.map(({ id }) => id);
  }

  async close(): Promise<void> {
    this.#server.close().closeAllConnections();
  }
}

/** Throws unless one of the signatures was made with the secret. The package judges times by the system's clock, so the time is checked apart. */
export function verified({ headers, body }: Received, secret: string): void {
  const signature = new Webhook(secret).sign(headers['webhook-id'] ?? '', new Date(Number(headers['webhook-timestamp']) * 1000), body);
  if (!(headers['webhook-signature'] ?? '').split(' ').includes(signature)) throw new Error('no signature matches');
}
