/**
 * How a request becomes a card in Teams. A bot can't read a channel's history, so where the cards are is known to this process only: the
 * next one posts cards for what is pending anew.
 */

import type { ApprovalRequest } from '../../approval/request.ts';
import { isOver } from '../../approval/store.ts';
import type { Poster, Setback } from '../board.ts';
import { cardOf } from './card.ts';
import { TeamsFailure } from './web.ts';
import type { TeamsWeb } from './web.ts';

export interface TeamsMessage {
  /** Id of the activity with the card. */
  activity: string | undefined;
}

export class TeamsPoster implements Poster<TeamsMessage> {
  readonly name = 'teams';
  readonly #web: Pick<TeamsWeb, 'post' | 'update'>;
  readonly #url: string | undefined;

  /** @param url where people reach the console */
  constructor(web: Pick<TeamsWeb, 'post' | 'update'>, url: string | undefined) {
    this.#web = web;
    this.#url = url;
  }

  blank(): TeamsMessage {
    return { activity: undefined };
  }

  async show(message: TeamsMessage, request: ApprovalRequest): Promise<void> {
    if (message.activity === undefined && isOver(request)) return;
    const [card, summary] = [cardOf(request, this.#url), `Countersign: ${request.id} is ${request.state}`];
    if (message.activity === undefined) message.activity = await this.#web.post(card, summary);
    else await this.#web.update(message.activity, card, summary);
  }

  setback(message: TeamsMessage, _request: ApprovalRequest, error: unknown): Setback | undefined {
    if (!(error instanceof TeamsFailure)) return undefined;
    // Somebody deleted the card of an open request: post it again. One that is over is not missed.
    if (error.code === 'gone') message.activity = undefined;
    return { again: 'later', reason: error.message, afterMs: error.retryAfterMs };
  }
}
