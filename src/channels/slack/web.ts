/** The calls to Slack's Web API, each once: who tries again, and when, is decided by the caller. */

import { webApi } from '@slack/bolt';
import type { webApi as WebApi } from '@slack/bolt';
import type { ApprovalRequest } from '../../approval/request.ts';
import { REQUEST_STATES } from '../../approval/request.ts';
import type { RequestState } from '../../approval/request.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Failure } from '../../runtime/failure.ts';
import { MOST_CALL_MS } from '../turn.ts';
import { slackLogger } from './log.ts';
import type { Log } from '../log.ts';
import type { Message } from './message.ts';

/** Where a message is. `channel` is Slack's id, `ts` its timestamp, which names it in there. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

/** A message of ours found in a channel, by its metadata. */
export interface Posted {
  readonly place: Place;
  readonly request: string;
  readonly state: RequestState;
}

export interface SlackUser {
  readonly id: string;
  readonly email: string | undefined;
  readonly teams: readonly string[];
  /** Why nobody of this kind may decide, when that is so. A sentence. */
  readonly unfit: string | undefined;
}

/**
 * `away`: no answer, or one that will differ later. `uncertain`: like away, but the call may have had its effect.
 * `refused`: Slack understood and said no; `reason` is its word for it.
 */
export class SlackFailure extends Failure {
  declare readonly code: 'away' | 'uncertain' | 'refused';
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: SlackFailure['code'], reason: string, retryAfterMs?: number, cause?: unknown) {
    super(code, `Slack: ${reason}`, { cause });
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export const EVENT_TYPE = 'countersign_request';
const REPLY_TYPE = 'countersign_escalation';

export interface WebOptions {
  readonly apiUrl?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked before each call; without it they are always allowed. */
  readonly mayCall?: () => boolean;
}

export class SlackWeb {
  readonly #client: WebApi.WebClient;
  readonly #clock: Clock;
  readonly #mayCall: () => boolean;
  readonly #ids = new Map<string, { id: string; since: number }>();

  constructor(token: string, { apiUrl, clock, log, mayCall = () => true }: WebOptions) {
    this.#clock = clock;
    this.#mayCall = mayCall;
    this.#client = new webApi.WebClient(token, clientOptions(apiUrl, log));
  }

  async post(channel: string, message: Message, request: ApprovalRequest): Promise<Place> {
    const answer = await this.#call('chat.postMessage', { channel: await this.#idOrName(channel), ...message, metadata: metadata(request), unfurl_links: false, unfurl_media: false });
    return { channel: String(answer['channel']), ts: String(answer['ts']) };
  }

  async update({ channel, ts }: Place, message: Message, request: ApprovalRequest): Promise<void> {
    await this.#call('chat.update', { channel, ts, ...message, metadata: metadata(request) });
  }

  /** In the thread of a message, and seen by the whole channel: nobody follows that thread yet. */
  async reply({ channel, ts }: Place, message: Message, { id }: ApprovalRequest): Promise<void> {
    await this.#call('chat.postMessage', { channel, thread_ts: ts, reply_broadcast: true, ...message, metadata: { event_type: REPLY_TYPE, event_payload: { request: id } } });
  }

  /** Is a reply of ours there? Without the scope to read threads it isn't known to be. */
  async replied({ channel, ts }: Place): Promise<boolean> {
    try {
      for await (const { messages = [] } of this.#pages<RawHistory>('conversations.replies', { channel, ts, limit: 200, include_all_metadata: true })) {
        if (messages.some(({ metadata: found }) => found?.event_type === REPLY_TYPE)) return true;
      }
    } catch (error) {
      if (!(error instanceof SlackFailure) || error.code !== 'refused') throw error;
    }
    return false;
  }

  /** Shown to one person only. */
  async whisper(channel: string, user: string, text: string): Promise<void> {
    // The fallback is parsed as markup, the block isn't.
    const fallback = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    await this.#call('chat.postEphemeral', { channel, user, text: fallback, blocks: [{ type: 'section', text: { type: 'plain_text', text: text.slice(0, 2900), emoji: false } }] });
  }

  /** @param trigger of a press, good for three seconds and one modal */
  async openModal(trigger: string, view: Record<string, unknown>): Promise<void> {
    await this.#call('views.open', { trigger_id: trigger, view });
  }

  async user(id: string): Promise<SlackUser> {
    const { user } = await this.#call('users.info', { user: id }) as { user?: RawUser };
    const teams = [user?.team_id, user?.enterprise_user?.enterprise_id].filter((team) => team !== undefined);
    return { id: user?.id ?? '', email: user?.profile?.email, teams, unfit: unfit(user ?? {}) };
  }

  /** Ids of the workspace and, where there is one, of the organisation the bot belongs to. */
  async home(): Promise<readonly string[]> {
    const answer = await this.#call('auth.test', {});
    return [answer['team_id'], answer['enterprise_id']].filter((id) => typeof id === 'string');
  }

  /** Our messages in a channel that aren't older, newest first. @param oldest milliseconds since 1970. */
  async *posted(channel: string, oldest: number): AsyncGenerator<Posted> {
    for await (const { messages = [] } of this.#pages<RawHistory>('conversations.history', { channel, oldest: String(oldest / 1000), limit: 200, include_all_metadata: true })) {
      for (const message of messages) yield* postedOf(channel, message);
    }
  }

  /** A channel's id by its name (`#approvals` or `approvals`); what looks like an id already is taken for one. Names may move, so ids are asked for anew each hour. */
  async channelId(name: string): Promise<string> {
    if (/^[CGD][A-Z0-9]{8,}$/.test(name)) return name;
    const known = this.#ids.get(name);
    if (known !== undefined && this.#clock.now() - known.since < 3_600_000) return known.id;
    const id = await this.#findChannel(name);
    this.#ids.set(name, { id, since: this.#clock.now() });
    return id;
  }

  /** Without the scope to list channels Slack still takes a name. */
  async #idOrName(channel: string): Promise<string> {
    try {
      return await this.channelId(channel);
    } catch (error) {
      if (error instanceof SlackFailure && error.code === 'refused') return channel;
      throw error;
    }
  }

  async #findChannel(name: string): Promise<string> {
    for await (const { channels } of this.#pages<RawChannels>('conversations.list', { types: 'public_channel,private_channel', exclude_archived: true, limit: 1000 })) {
      const found = channels?.find((channel) => channel.name === name.replace(/^#/, ''));
      if (found?.id !== undefined) return found.id;
    }
    throw new SlackFailure('refused', 'channel_not_found');
  }

  /** An answer that comes in pieces. https://docs.slack.dev/apis/web-api/pagination */
  async *#pages<Page extends Paged>(method: string, args: Record<string, unknown>): AsyncGenerator<Page> {
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await this.#call(method, { ...args, ...(cursor !== '' && { cursor }) }) as Page;
      yield page;
      cursor = page.response_metadata?.next_cursor || undefined;
    }
  }

  async #call(method: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (!this.#mayCall()) throw new SlackFailure('away', 'not called, as another replica may have taken over');
    try {
      return await this.#client.apiCall(method, args) as unknown as Record<string, unknown>;
    } catch (error) {
      throw failureOf(error);
    }
  }
}

interface RawUser {
  readonly id?: string;
  readonly team_id?: string;
  readonly enterprise_user?: { readonly enterprise_id?: string };
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
  readonly is_email_confirmed?: boolean;
  readonly profile?: { readonly email?: string };
}
interface RawMessage {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: Readonly<Record<string, unknown>> };
}
interface Paged {
  readonly response_metadata?: { readonly next_cursor?: string };
}
interface RawHistory extends Paged {
  readonly messages?: readonly RawMessage[];
}
interface RawChannels extends Paged {
  readonly channels?: readonly { readonly id?: string; readonly name?: string }[];
}

/** No retries of the library's own: they would run for half an hour and hide the outage. */
export function clientOptions(apiUrl: string | undefined, log: Log): WebApi.WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout: MOST_CALL_MS, allowAbsoluteUrls: false, logger: slackLogger(log),
  };
}

function metadata({ id, state }: ApprovalRequest): Record<string, unknown> {
  return { event_type: EVENT_TYPE, event_payload: { request: id, state } };
}

function* postedOf(channel: string, { ts, metadata: found }: RawMessage): Generator<Posted> {
  const { request, state } = found?.event_payload ?? {};
  if (ts === undefined || found?.event_type !== EVENT_TYPE || typeof request !== 'string') return;
  const known = REQUEST_STATES.find((one) => one === state);
  if (known !== undefined) yield { place: { channel, ts }, request, state: known };
}

/** Guests and people of other organisations have e-mail addresses that our own workspace never vouched for. */
function unfit(user: RawUser): string | undefined {
  if (user.deleted === true) return 'This Slack account is deactivated.';
  if (user.is_bot === true) return 'Bots decide nothing.';
  if (user.is_restricted === true || user.is_ultra_restricted === true) return 'Guests of the workspace decide nothing.';
  if (user.is_stranger === true) return 'This account is of another organisation.';
  if (user.is_email_confirmed === false) return 'The e-mail address of this Slack account is not confirmed.';
  return undefined;
}

/** Slack's words for "later"; everything else it says in a 200 answer is about the call itself. */
const LATER = new Set(['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org']);

function failureOf(error: unknown): SlackFailure {
  if (error instanceof webApi.WebAPIRateLimitedError) return new SlackFailure('away', 'rate limited', error.retryAfter * 1000, error);
  if (error instanceof webApi.WebAPIPlatformError) {
    const reason = error.data.error;
    return new SlackFailure(LATER.has(reason) ? 'uncertain' : 'refused', reason, undefined, error);
  }
  return new SlackFailure('uncertain', error instanceof Error ? error.message : String(error), undefined, error);
}
