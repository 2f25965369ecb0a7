/** How a request becomes a message in Slack, and what Slack's refusals mean for it. */

import type { ApprovalRequest } from '../../approval/request.ts';
import { isOver } from '../../approval/store.ts';
import type { Poster, Setback } from '../board.ts';
import type { Log } from '../log.ts';
import { messageOf, replyOf } from './message.ts';
import type { Message } from './message.ts';
import { SlackFailure } from './web.ts';
import type { Place, SlackWeb } from './web.ts';

export interface PosterParts {
  readonly web: Pick<SlackWeb, 'post' | 'update' | 'posted' | 'channelId' | 'reply' | 'replied'>;
  /** Channel for requests whose rule names none. */
  readonly channel: string;
  /** Where people reach the console. */
  readonly url?: string | undefined;
  readonly log: Log;
}

export interface SlackMessage {
  place: Place | undefined;
  /** A post went unanswered: it may be there. */
  uncertain: boolean;
  /** Slack took the message only without the statement. */
  brief: boolean;
  /** The channel its rule names doesn't work. */
  elsewhere: boolean;
  /** It says that the request has escalated, and so does its thread if it didn't from the beginning. */
  escalated: boolean;
}

/** Slack's words for a message it won't take as it is. */
const TOO_MUCH = new Set(['msg_blocks_too_long', 'msg_too_long', 'invalid_blocks', 'invalid_blocks_format', 'too_many_blocks']);
/** Slack's words for a channel we can't post to. */
const NO_CHANNEL = new Set(['channel_not_found', 'not_in_channel', 'is_archived', 'restricted_action']);
/** The message is gone, or was never ours. */
const LOST = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

export class SlackPoster implements Poster<SlackMessage> {
  readonly name = 'slack';
  readonly #parts: PosterParts;

  constructor(parts: PosterParts) {
    this.#parts = parts;
  }

  blank(): SlackMessage {
    return { place: undefined, uncertain: false, brief: false, elsewhere: false, escalated: false };
  }

  async show(message: SlackMessage, request: ApprovalRequest): Promise<void> {
    if (message.uncertain) await this.#lookFor(message, request);
    if (message.place === undefined) return this.#post(message, request);
    await this.#parts.web.update(message.place, this.#said(message, request), request);
    await this.#reply(message, message.place, request);
  }

  setback(message: SlackMessage, request: ApprovalRequest, error: unknown): Setback | undefined {
    if (!(error instanceof SlackFailure)) return undefined;
    const { code, reason, retryAfterMs } = error;
    if (code !== 'uncertain') message.uncertain = false;
    return (code === 'refused' ? this.#refused(message, request, reason) : undefined) ?? { again: 'later', reason, afterMs: retryAfterMs };
  }

  async #post(message: SlackMessage, request: ApprovalRequest): Promise<void> {
    if (isOver(request)) return;
    message.uncertain = true;
    message.place = await this.#parts.web.post(this.#channel(message, request), this.#said(message, request), request);
    message.uncertain = false;
    message.escalated = request.escalatedAt !== undefined;
  }

  /** Once: another process may have done it, or this one without an answer. What Slack won't have isn't tried again, as the message says it, too. */
  async #reply(message: SlackMessage, place: Place, request: ApprovalRequest): Promise<void> {
    const { web, log } = this.#parts;
    const reply = replyOf(request);
    if (message.escalated || reply === undefined) return;
    try {
      if (!await web.replied(place)) await web.reply(place, reply, request);
    } catch (error) {
      if (!(error instanceof SlackFailure) || error.code !== 'refused') throw error;
      log.warn({ request: request.id, reason: error.reason }, 'slack: the thread of a message can’t be replied to');
    }
    message.escalated = true;
  }

  async #lookFor(message: SlackMessage, request: ApprovalRequest): Promise<void> {
    const channel = await this.#parts.web.channelId(this.#channel(message, request));
    for await (const posted of this.#parts.web.posted(channel, request.createdAt)) {
      if (posted.request === request.id) message.place ??= posted.place;
    }
    message.uncertain = false;
  }

  #said({ brief }: SlackMessage, request: ApprovalRequest): Message {
    return messageOf(request, { brief, url: this.#parts.url });
  }

  #channel({ elsewhere }: SlackMessage, request: ApprovalRequest): string {
    return (elsewhere ? undefined : request.channel) ?? this.#parts.channel;
  }

  /** A refusal that is about this one message. */
  #refused(message: SlackMessage, request: ApprovalRequest, reason: string): Setback | undefined {
    const { log } = this.#parts;
    if (TOO_MUCH.has(reason)) {
      if (message.brief) {
        log.error({ request: request.id, reason }, 'slack: refuses even the short message; the request is decidable elsewhere');
        return { again: 'never' };
      }
      message.brief = true;
      return { again: 'now' };
    }
    if (NO_CHANNEL.has(reason) && message.place === undefined && request.channel !== undefined && !message.elsewhere) {
      log.error({ request: request.id, channel: request.channel, reason }, 'slack: the rule’s channel does not work; posting to the default one');
      message.elsewhere = true;
      return { again: 'now' };
    }
    return LOST.has(reason) ? { again: 'anew' } : undefined;
  }
}
