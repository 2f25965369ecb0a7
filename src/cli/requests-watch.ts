/** `countersign requests watch`: what is pending, then everything as it becomes. Comes back after outages without saying things twice. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ApprovalRequestView, RequestPage } from '../api/schemas.ts';
import { escalationLine } from '../approval/escalation.ts';
import { visibleJson } from '../runtime/visible.ts';
import { ClientFailure } from './client.ts';
import type { ApiClient } from './client.ts';
import { serverEvents } from './event-source.ts';
import { requestText } from './request-text.ts';
import type { Terminal } from './terminal.ts';

const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 30_000;
/** Two of the server's heartbeats and some: after this the connection is dead. */
const SILENCE_MS = 45_000;
const REMEMBERED = 10_000;

/** Refusals that no waiting mends. */
const HOPELESS = new Set(['unauthenticated', 'missing_scope', 'not_found', 'bad_answer']);

/** Where requests are seen. */
export interface Watcher {
  /** The request as it is now; may be told more than once. */
  print(request: ApprovalRequestView): void;
  /** How the watch itself goes; a sentence. */
  say(text: string): void;
}

/** Until the terminal is interrupted. @throws ClientFailure when no waiting helps */
export async function watchRequests(client: ApiClient, terminal: Pick<Terminal, 'interrupted'>, watcher: Watcher): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!terminal.interrupted.aborted) {
    try {
      await follow(client, terminal.interrupted, watcher, () => { waitMs = FIRST_WAIT_MS; });
    } catch (error) {
      if (terminal.interrupted.aborted) return;
      if (error instanceof ClientFailure && HOPELESS.has(error.code)) throw error;
      watcher.say(`${error instanceof ClientFailure ? error.message : 'The connection broke off.'} Trying again in ${waitMs / 1000} s.`);
    }
    await sleep(waitMs, undefined, { signal: terminal.interrupted }).catch(() => {});
    waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
  }
}

async function follow(client: ApiClient, interrupted: AbortSignal, watcher: Watcher, connected: () => void): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([interrupted, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    let first = true;
    for await (const event of serverEvents(await client.stream('/api/v1/requests/events', signal))) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      // The first thing sent says that the watch is on: what is listed now and what comes then leave no gap.
      if (first) await printPending(client, watcher);
      if (first) connected();
      first = false;
      if (event?.event === 'request') watcher.print(ApprovalRequestView.parse(JSON.parse(event.data)));
    }
  } finally {
    clearTimeout(timer);
  }
}

async function printPending(client: ApiClient, watcher: Watcher): Promise<void> {
  const pending: ApprovalRequestView[] = [];
  for (let before = ''; ;) {
    const page: RequestPage = await client.call('GET', `/api/v1/requests?state=pending&limit=100${before}`, RequestPage);
    pending.push(...page.requests);
    if (page.next === undefined) break;
    before = `&before=${encodeURIComponent(page.next)}`;
  }
  for (const request of pending.toReversed()) watcher.print(request);
}

/** Lines, for pipes and logs. */
export class Printer implements Watcher {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  /** By id, what was printed last. */
  readonly #printed = new Map<string, string>();

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  print(request: ApprovalRequestView): void {
    const version = `${request.state} ${request.decisions.length} ${request.escalatedAt ?? ''}`;
    const before = this.#printed.get(request.id);
    if (before === version) return;
    this.#remember(request.id, version);
    this.#terminal.out(this.#json ? `${visibleJson(request)}\n` : this.#text(request, before === undefined));
  }

  say(text: string): void {
    this.#terminal.say(`${text}\n`);
  }

  #text(request: ApprovalRequestView, isNew: boolean): string {
    if (request.state !== 'pending' || !isNew) return `${[`${request.id} is ${request.state}.`, escalationLine(request)].filter((part) => part !== undefined).join(' ')}\n`;
    return `\n${requestText(request, this.#terminal.now(), this.#terminal.columns)}To decide: countersign requests approve ${request.id}\n       or: countersign requests deny ${request.id} --reason "…"\n`;
  }

  #remember(id: string, version: string): void {
    this.#printed.delete(id);
    this.#printed.set(id, version);
    const [oldest] = this.#printed.keys();
    if (this.#printed.size > REMEMBERED && oldest !== undefined) this.#printed.delete(oldest);
  }
}
