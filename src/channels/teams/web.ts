/** The calls to the Bot Connector, each once, and only ever to the configured address: an activity can't send the bot's token elsewhere. */

import type { App } from '@microsoft/teams.apps';
import { Failure } from '../../runtime/failure.ts';
import type { TeamsConfig } from '../../config/config.ts';
import type { Clock } from '../../runtime/clock.ts';
import { MOST_CALL_MS } from '../turn.ts';
import type { Card } from './card.ts';

/** What the roster of the conversation says of an account. */
export interface Member {
  readonly id: string;
  /** In Entra ID. */
  readonly objectId: string | undefined;
  readonly tenant: string | undefined;
  readonly role: string | undefined;
  readonly emails: readonly string[];
}

/**
 * `away`: no answer, or one that will differ later. `refused`: Teams understood and said no. `gone`: what was named isn't there.
 */
export class TeamsFailure extends Failure {
  declare readonly code: 'away' | 'refused' | 'gone';
  readonly retryAfterMs: number | undefined;

  constructor(code: TeamsFailure['code'], reason: string, retryAfterMs?: number, cause?: unknown) {
    super(code, `Teams: ${reason}`, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

export class TeamsWeb {
  readonly #app: App;
  readonly #conversation: string;
  readonly #clock: Clock;
  readonly #mayCall: () => boolean;

  /** @param mayCall asked before each call */
  constructor(app: App, { conversation }: Pick<TeamsConfig, 'conversation'>, clock: Clock, mayCall: () => boolean = () => true) {
    this.#app = app;
    this.#conversation = conversation;
    this.#clock = clock;
    this.#mayCall = mayCall;
  }

  /** @returns the id of the activity that shows the card */
  async post(card: Card, summary: string): Promise<string> {
    const { id } = await this.#call(() => this.#app.api.conversations.createActivity(this.#conversation, message(card, summary)));
    return id;
  }

  async update(activity: string, card: Card, summary: string): Promise<void> {
    await this.#call(() => this.#app.api.conversations.updateActivity(this.#conversation, encodeURIComponent(activity), message(card, summary)));
  }

  /** In the thread of the card; in a chat, which has none, below it. @param text not markdown */
  async reply(activity: string, text: string): Promise<void> {
    const thread = `${this.#conversation};messageid=${encodeURIComponent(activity)}`;
    await this.#call(() => this.#app.api.conversations.createActivity(thread, { type: 'message', text, textFormat: 'plain' }));
  }

  /** @param id of a Teams account (`29:…`) */
  async member(id: string): Promise<Member> {
    const found = await this.#call(() => this.#app.api.conversations.getMemberById(this.#conversation, encodeURIComponent(id)));
    const emails = [found.userPrincipalName, found.email].filter((one) => typeof one === 'string');
    return { id: found.id, objectId: found.aadObjectId?.toLowerCase(), tenant: found.tenantId?.toLowerCase(), role: found.userRole?.toLowerCase(), emails };
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (!this.#mayCall()) throw new TeamsFailure('away', 'not called, as another replica may have taken over');
    const late = Promise.withResolvers<never>();
    // The SDK bounds calls to the Bot Connector, but not the one that gets a token for them.
    const timer = this.#clock.after(MOST_CALL_MS, () => late.reject(new Error('no answer in time')));
    try {
      return await Promise.race([call(), late.promise]);
    } catch (error) {
      throw failureOf(error);
    } finally {
      timer.cancel();
    }
  }
}

function message(content: Card, summary: string): Parameters<App['api']['conversations']['createActivity']>[1] {
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive' as const, content };
  return { type: 'message', summary, attachments: [attachment] } as unknown as Parameters<App['api']['conversations']['createActivity']>[1];
}

interface Answered {
  readonly message?: string;
  readonly response?: { readonly status?: number; readonly headers?: Readonly<Record<string, unknown>> };
}

/** The cause is left out: the client's errors hold the whole request, with card and token. */
function failureOf(error: unknown): TeamsFailure {
  const { response, message: text } = error as Answered;
  const status = response?.status;
  if (status === undefined) return new TeamsFailure('away', String(text).slice(0, 300));
  const seconds = Number(response?.headers?.['retry-after']);
  if (status === 429 || status === 408 || status >= 500) return new TeamsFailure('away', `answered ${status}`, Number.isFinite(seconds) ? seconds * 1000 : undefined);
  return new TeamsFailure(status === 404 ? 'gone' : 'refused', `answered ${status}`);
}
