/**
 * How a request becomes a card in Teams. A bot can't read a channel's history, so where the cards are is known to this process only: the
 * next one posts cards for what is pending anew.
 */

import { escalationLine } from '../../approval/escalation.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { isOver } from '../../approval/store.ts';
import type { Poster, Setback } from '../board.ts';
import type { Log } from '../log.ts';
import { cardOf } from './card.ts';
import { TeamsFailure } from './web.ts';
import type { TeamsWeb } from './web.ts';

export interface TeamsMessage {
  /** Id of the activity with the card. */
  activity: string | undefined;
  /** It says that the request has escalated, and so does its thread if it didn't from the beginning. */
  escalated: boolean;
}

export class TeamsPoster implements Poster<TeamsMessage> {
  readonly name = 'teams';
  readonly #web: Pick<TeamsWeb, 'post' | 'update' | 'reply'>;
  readonly #url: string | undefined;
  readonly #log: Log;

  /** @param url where people reach the console */
  constructor(web: Pick<TeamsWeb, 'post' | 'update' | 'reply'>, url: string | undefined, log: Log) {
    this.#web = web;
    this.#url = url;
    this.#log = log;
  }

  blank(): TeamsMessage {
    return { activity: undefined, escalated: false };
  }

  async show(message: TeamsMessage, request: ApprovalRequest): Promise<void> {
    if (message.activity === undefined && isOver(request)) return;
    const [card, summary] = [cardOf(request, this.#url), `Countersign: ${request.id} is ${request.state}`];
    if (message.activity === undefined) message.activity = await this.#web.post(card, summary);
    else {
      await this.#web.update(message.activity, card, summary);
      await this.#reply(message, message.activity, request);
    }
    message.escalated = request.escalatedAt !== undefined;
  }

  /** A changed card notifies nobody. What Teams won't have isn't tried again, as the card says it, too. */
  async #reply(message: TeamsMessage, activity: string, request: ApprovalRequest): Promise<void> {
    const line = escalationLine(request);
    if (message.escalated || line === undefined) return;
    try {
      await this.#web.reply(activity, line);
    } catch (error) {
      if (!(error instanceof TeamsFailure) || error.code !== 'refused') throw error;
      this.#log.warn({ request: request.id, reason: error.message }, 'teams: the thread of a card can’t be replied to');
    }
  }

  setback(message: TeamsMessage, _request: ApprovalRequest, error: unknown): Setback | undefined {
    if (!(error instanceof TeamsFailure)) return undefined;
    // Somebody deleted the card of an open request: post it again. One that is over is not missed.
    if (error.code === 'gone') message.activity = undefined;
    return { again: 'later', reason: error.message, afterMs: error.retryAfterMs };
  }
}
