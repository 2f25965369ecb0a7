/**
 * From the desk to the board, in the replica whose turn it is: watches, and looks again at all open requests at the start, every five
 * minutes and whenever Slack came back, so that no lost message or missed event leaves a request unannounced or a button on a decided one.
 */

import type { Desk } from '../../approval/desk.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from '../backoff.ts';
import type { Board } from './board.ts';
import type { Log } from './log.ts';
import { SlackFailure } from './web.ts';
import type { SlackWeb } from './web.ts';

export interface AnnouncerParts {
  /** The channel's, for the log. */
  readonly name: string;
  readonly desk: Desk;
  readonly web: Pick<SlackWeb, 'posted' | 'channelId'>;
  readonly board: Pick<Board, 'start' | 'stop' | 'open' | 'forget' | 'adopt' | 'want'>;
  readonly channel: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The watch tells of all changes, also after a gap; this is for what was missed all the same. */
const LOOK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 10_000;
const PAGE = 100;
/** How far back messages of ours are looked for at the start, and in the channels of how many requests. */
const HISTORY_MS = 24 * 3_600_000;
const HISTORY_REQUESTS = 200;

export class Announcer {
  readonly #parts: AnnouncerParts;
  #signal: AbortSignal | undefined;
  #looking: AbortSignal | undefined;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** Announces until the signal aborts, and forgets everything then: somebody else goes on. */
  async run(signal: AbortSignal): Promise<void> {
    const { board } = this.#parts;
    this.#signal = signal;
    try {
      await Promise.all([this.#watch(signal), this.#begin(signal)]);
    } finally {
      this.#signal = undefined;
      await board.stop();
    }
  }

  /** News that this process has before the watch tells it. Whoever has the turn sees it in the watch. */
  heard(request: ApprovalRequest): void {
    if (this.#signal?.aborted === false) this.#parts.board.want(request);
  }

  lookAgain(): void {
    if (this.#signal !== undefined) void this.#look(this.#signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { name, desk, board, log } = this.#parts;
    const again = this.#backoff(signal);
    while (!signal.aborted) {
      try {
        for await (const request of desk.watch(signal)) {
          again.reset();
          board.want(request);
        }
      } catch (error) {
        log.warn({ err: error }, `${name}: lost sight of the requests; looking again`);
      }
      if (!signal.aborted) await again.wait();
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const again = this.#backoff(signal);
    for (const channel of await this.#channels()) await this.#adoptPosted(channel, signal, again);
    if (signal.aborted) return;
    this.#parts.board.start();
    await this.#lookRegularly(signal);
  }

  /** Where messages may be: the default channel, and those that rules have named lately. */
  async #channels(): Promise<ReadonlySet<string>> {
    const { desk, channel } = this.#parts;
    const recent = await desk.list({ limit: HISTORY_REQUESTS }).catch(() => []);
    return new Set([channel, ...recent.flatMap((request) => request.channel ?? [])]);
  }

  /** Finds the messages posted before. Waits for Slack if it is away; goes on without if it won't tell. */
  async #adoptPosted(channel: string, signal: AbortSignal, again: Backoff): Promise<void> {
    const { web, board, clock, log } = this.#parts;
    while (!signal.aborted) {
      try {
        for await (const posted of web.posted(await web.channelId(channel), clock.now() - HISTORY_MS)) board.adopt(posted);
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

  async #lookRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = await this.#look(signal);
      await this.#pause(seen ? LOOK_MS : LOOK_AGAIN_MS, signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#parts.clock.after(ms, resolve);
    const ended = (): void => resolve();
    signal.addEventListener('abort', ended, { once: true });
    await promise;
    signal.removeEventListener('abort', ended);
    timer.cancel();
  }

  /** Never rejects. @returns false when the desk couldn't be asked. */
  async #look(signal: AbortSignal): Promise<boolean> {
    if (this.#looking === signal) return true;
    this.#looking = signal;
    try {
      const pending = await this.#pending(signal);
      await this.#others(pending, signal);
      return true;
    } catch (error) {
      this.#parts.log.warn({ err: error }, `${this.#parts.name}: the open requests can’t be listed; trying again shortly`);
      return false;
    } finally {
      if (this.#looking === signal) this.#looking = undefined;
    }
  }

  async #pending(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { desk, board } = this.#parts;
    const pending: ApprovalRequest[] = [];
    for (let before: string | undefined; ;) {
      const page = await desk.list({ state: 'pending', limit: PAGE, ...(before === undefined ? {} : { before }) });
      pending.push(...page);
      before = page.at(-1)?.id;
      if (page.length < PAGE || before === undefined) break;
    }
    if (!signal.aborted) for (const request of pending.toReversed()) board.want(request);
    return new Set(pending.map(({ id }) => id));
  }

  /** Requests with a message that aren't pending: what became of them? */
  async #others(pending: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { desk, board } = this.#parts;
    for (const id of board.open()) {
      if (pending.has(id) || signal.aborted) continue;
      const request = await desk.get(id);
      if (request === undefined) board.forget(id);
      else if (!signal.aborted) board.want(request);
    }
  }

  #backoff(signal: AbortSignal): Backoff {
    const backoff = new Backoff(this.#parts.clock);
    signal.addEventListener('abort', () => backoff.stop(), { once: true });
    return backoff;
  }
}
