/** Messages posted before, by this process or another: found in the channels' histories, so that none is posted twice. */

import type { Desk } from '../../approval/desk.ts';
import { isOver } from '../../approval/store.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from '../backoff.ts';
import type { Board } from '../board.ts';
import type { Log } from '../log.ts';
import type { SlackMessage } from './poster.ts';
import { SlackFailure } from './web.ts';
import type { SlackWeb } from './web.ts';

export interface HistoryParts {
  readonly desk: Desk;
  readonly web: Pick<SlackWeb, 'posted' | 'channelId'>;
  readonly board: Pick<Board<SlackMessage>, 'message'>;
  /** Channel for requests whose rule names none. */
  readonly channel: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** How far back messages of ours are looked for, and in the channels of how many requests. */
const HISTORY_MS = 24 * 3_600_000;
const HISTORY_REQUESTS = 200;

export async function adoptPosted(parts: HistoryParts, signal: AbortSignal): Promise<void> {
  const again = new Backoff(parts.clock, signal);
  for (const channel of await channels(parts)) await adoptIn(channel, parts, signal, again);
}

/** Where messages may be: the default channel, and those that rules have named lately. */
async function channels({ desk, channel }: HistoryParts): Promise<ReadonlySet<string>> {
  const recent = await desk.list({ limit: HISTORY_REQUESTS }).catch(() => []);
  return new Set([channel, ...recent.flatMap((request) => request.channel ?? [])]);
}

/** Waits for Slack if it is away; goes on without if it won't tell. */
async function adoptIn(channel: string, { web, board, clock, log }: HistoryParts, signal: AbortSignal, again: Backoff): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { request, place, state } of web.posted(await web.channelId(channel), clock.now() - HISTORY_MS)) {
        if (isOver({ state })) continue;
        const message = board.message(request);
        message.place ??= place;
        message.uncertain = false;
      }
      return;
    } catch (error) {
      if (error instanceof SlackFailure && error.code !== 'refused') await again.wait(error.retryAfterMs);
      else {
        log.warn({ err: error, channel }, 'slack: the channel’s history can’t be read (scopes channels:read, channels:history), so requests from before the start may be posted twice');
        return;
      }
    }
  }
}
