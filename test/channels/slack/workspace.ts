/**
 * A Slack workspace on this machine: the emulator of Slack's Web API behind a gateway that records calls, can go down,
 * can answer for Slack, and serves Socket Mode, which the emulator doesn't have.
 */

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createEmulator } from 'emulate';
import type { Emulator } from 'emulate';
import { SocketDouble } from './socket-double.ts';

export const BOT_TOKEN = 'xoxb-test';
export const SIGNING_SECRET = 'a-signing-secret';

export interface Call {
  readonly method: string;
  readonly args: Readonly<Record<string, string>>;
}
export interface SlackMessage {
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly Record<string, unknown>[];
  readonly metadata: { readonly event_type: string; readonly event_payload: { readonly request: string; readonly state: string } };
}

export interface Modal {
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly blocks: readonly Record<string, unknown>[];
}

export class Workspace {
  readonly calls: Call[] = [];
  readonly socket = new SocketDouble();
  /** When set, what Slack answers to a call instead of the emulator; `down` breaks the connection off, `lost` does so after the call had its effect. */
  answer: ((call: Call) => Record<string, unknown> | 'down' | 'lost' | { status: number; headers: Record<string, string> } | undefined) | undefined;
  readonly #emulator: Emulator;
  readonly #gateway: Server;
  readonly users: ReadonlyMap<string, string>;
  readonly channel: string;

  static async open(): Promise<Workspace> {
    const emulator = await createEmulator({ service: 'slack', port: 0, seed: { slack: {
      team: { name: 'Example', domain: 'example' },
      users: ['sam', 'dana', 'kim'].map((name) => ({ name, real_name: name, email: `${name}@example.com` })),
      channels: [{ name: 'approvals' }, { name: 'dba' }],
      tokens: [{ token: BOT_TOKEN, user: 'admin', type: 'bot' }],
    } } });
    const { members } = await direct(emulator.url, 'users.list') as { members: { id: string; name: string }[] };
    const { channels } = await direct(emulator.url, 'conversations.list') as { channels: { id: string; name: string }[] };
    const workspace = new Workspace(emulator, new Map(members.map(({ id, name }) => [name, id])), channels.find(({ name }) => name === 'approvals')?.id ?? '');
    await workspace.#listen();
    return workspace;
  }

  private constructor(emulator: Emulator, users: ReadonlyMap<string, string>, channel: string) {
    this.#emulator = emulator;
    this.users = users;
    this.channel = channel;
    this.#gateway = createServer((request, response) => {
      // The emulator may close while a call is on its way.
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#gateway.on('upgrade', (request, socket) => this.socket.accept(request, socket));
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#gateway.address() as AddressInfo).port}/api/`;
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** What was told to one person only. */
  whispers(): readonly { user: string; text: string }[] {
    return this.calls.filter(({ method }) => method === 'chat.postEphemeral').map(({ args }) => ({ user: args['user'] ?? '', text: args['text'] ?? '' }));
  }

  /** Good for one modal, as each press brings one. */
  async trigger(user: string): Promise<string> {
    return (await direct(this.#emulator.url, 'views.generateTriggerId', { user_id: user }) as { trigger_id: string }).trigger_id;
  }

  /** Modals that were asked for. */
  forms(): readonly Modal[] {
    return this.calls.filter(({ method }) => method === 'views.open').map(({ args }) => JSON.parse(args['view'] ?? '') as Modal);
  }

  /** As Slack has them now, oldest first. */
  async messages(channel = this.channel): Promise<readonly SlackMessage[]> {
    const { messages } = await direct(this.#emulator.url, 'conversations.history', { channel, limit: 1000 }) as { messages: SlackMessage[] };
    return messages.filter(({ metadata }) => metadata?.event_type === 'countersign_request').toReversed();
  }

  /** What is in the thread of a message, oldest first. */
  async replies({ ts }: SlackMessage, channel = this.channel): Promise<readonly SlackMessage[]> {
    const { messages } = await direct(this.#emulator.url, 'conversations.replies', { channel, ts }) as { messages: SlackMessage[] };
    return messages.filter((message) => message.ts !== ts);
  }

  async close(): Promise<void> {
    this.socket.close();
    this.#gateway.close().closeAllConnections();
    await this.#emulator.close();
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#gateway.listen(0, '127.0.0.1', resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const call = { method: request.url?.slice('/api/'.length) ?? '', args: Object.fromEntries(new URLSearchParams(body)) };
    this.calls.push(call);
    const own = this.answer?.(call);
    if (own === 'down') return void request.socket.destroy();
    if (own !== undefined && own !== 'lost') {
      if ('status' in own) return void response.writeHead(own['status'] as number, own['headers'] as Record<string, string>).end();
      return json(response, own);
    }
    if (call.method === 'apps.connections.open') return json(response, { ok: true, url: `${this.apiUrl.replace('http:', 'ws:')}socket` });
    const answer = await fetch(`${this.#emulator.url}${request.url}`, {
      method: 'POST', body, headers: { authorization: request.headers.authorization ?? '', 'content-type': request.headers['content-type'] ?? '' },
    });
    const content = await answer.text();
    if (own === 'lost') request.socket.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(content);
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function direct(url: string, method: string, args: Record<string, unknown> = {}): Promise<unknown> {
  const answer = await fetch(`${url}/api/${method}`, {
    method: 'POST', headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' }, body: JSON.stringify(args),
  });
  return answer.json();
}

export interface Button {
  readonly action_id: string;
  readonly value: string;
}

export function buttonsOf(message: SlackMessage | undefined): readonly Button[] {
  return (message?.blocks ?? []).filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements as Button[]);
}

/** All text of a message, as a reader sees it. */
export function textOf(message: SlackMessage | undefined): string {
  const collect = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(collect);
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) => (key === 'text' && typeof member === 'string' ? [member] : collect(member)));
  };
  return collect(message?.blocks).join('\n');
}

/** The payload Slack sends when somebody presses a button. */
export function pressPayload(user: string, channel: string, ts: string, button: Button, trigger = '1.2.x'): Record<string, unknown> {
  return {
    type: 'block_actions', user: { id: user, username: 'x', team_id: 'T000000001' }, api_app_id: 'A1', token: 'x', trigger_id: trigger,
    team: { id: 'T000000001', domain: 'example' }, channel: { id: channel, name: 'approvals' }, container: { type: 'message', message_ts: ts, channel_id: channel },
    message: { type: 'message', ts }, response_url: 'http://127.0.0.1:1/', actions: [{ type: 'button', block_id: 'b', action_ts: '1.2', ...button }],
  };
}

/** The payload Slack sends when somebody submits a modal with one input. */
export function submitPayload(user: string, { callback_id, private_metadata }: Modal, reason: string | null): Record<string, unknown> {
  return {
    type: 'view_submission', user: { id: user, username: 'x', team_id: 'T000000001' }, api_app_id: 'A1', token: 'x', trigger_id: '1.3.x', team: { id: 'T000000001', domain: 'example' }, response_urls: [],
    view: { id: 'V1', type: 'modal', callback_id, private_metadata, hash: '1', blocks: [], state: { values: { reason: { reason: { type: 'plain_text_input', value: reason } } } } },
  };
}

/** As Slack signs: HMAC-SHA256 over `v0:timestamp:body`. */
export function signed(payload: unknown, { secret = SIGNING_SECRET, at = Date.now(), tamper = (body: string) => body } = {}): RequestInit {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(at / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return { method: 'POST', body: tamper(body), headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } };
}
