/**
 * From the desk to the board: watches, and looks again at all open requests at the start, every five minutes and whenever
 * Slack came back, so that no lost message or missed event leaves a request unannounced or a button on a decided one.
 */

import type { Desk } from '../../approval/desk.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from './backoff.ts';
import type { Board } from './board.ts';
import type { Log } from './log.ts';
import { SlackFailure } from './web.ts';
import type { SlackWeb } from './web.ts';

export interface AnnouncerParts {
  readonly desk: Desk;
  readonly web: Pick<SlackWeb, 'posted' | 'channelId'>;
  readonly board: Board;
  readonly channel: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The watch tells of all changes, also after a gap; this is for what was missed all the same. */
const LOOK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 10_000;
const PAGE = 100;
/** How far back messages of ours are looked for at the start. */
const HISTORY_MS = 24 * 3_600_000;

export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  #timer: { cancel(): void } | undefined;
  #looking = false;
  #tasks: Promise<unknown>[] = [];

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
  }

  start(): void {
    this.#tasks = [this.#watch(), this.#begin()];
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    this.#backoff.stop();
    await Promise.all([...this.#tasks, this.#parts.board.stop()]);
  }

  lookAgain(): void {
    void this.#look();
  }

  async #watch(): Promise<void> {
    const { desk, board, log } = this.#parts;
    const again = new Backoff(this.#parts.clock);
    this.#stop.signal.addEventListener('abort', () => again.stop(), { once: true });
    while (!this.#stop.signal.aborted) {
      try {
        for await (const request of desk.watch(this.#stop.signal)) {
          again.reset();
          board.want(request);
        }
      } catch (error) {
        log.warn({ err: error }, 'slack: lost sight of the requests; looking again');
      }
      if (!this.#stop.signal.aborted) await again.wait();
    }
  }

  async #begin(): Promise<void> {
    await this.#adoptPosted();
    if (this.#stop.signal.aborted) return;
    this.#parts.board.start();
    await this.#lookRegularly();
  }

  /** Finds the messages an earlier process posted. Waits for Slack if it is away; goes on without if it won't tell. */
  async #adoptPosted(): Promise<void> {
    const { web, channel, board, clock, log } = this.#parts;
    while (!this.#stop.signal.aborted) {
      try {
        for await (const posted of web.posted(await web.channelId(channel), clock.now() - HISTORY_MS)) board.adopt(posted);
        return;
      } catch (error) {
        if (error instanceof SlackFailure && error.code !== 'refused') await this.#backoff.wait(error.retryAfterMs);
        else {
          log.warn({ err: error }, 'slack: the channel’s history can’t be read (scopes channels:read, channels:history), so requests from before the start may be posted twice');
          return;
        }
      }
    }
  }

  async #lookRegularly(): Promise<void> {
    const seen = await this.#look();
    if (!this.#stop.signal.aborted) this.#timer = this.#parts.clock.after(seen ? LOOK_MS : LOOK_AGAIN_MS, () => void this.#lookRegularly());
  }

  /** Never rejects. @returns false when the desk couldn't be asked. */
  async #look(): Promise<boolean> {
    if (this.#looking) return true;
    this.#looking = true;
    try {
      const pending = await this.#pending();
      await this.#others(pending);
      return true;
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'slack: the open requests can’t be listed; trying again shortly');
      return false;
    } finally {
      this.#looking = false;
    }
  }

  async #pending(): Promise<ReadonlySet<string>> {
    const { desk, board } = this.#parts;
    const pending: ApprovalRequest[] = [];
    for (let before: string | undefined; ;) {
      const page = await desk.list({ state: 'pending', limit: PAGE, ...(before === undefined ? {} : { before }) });
      pending.push(...page);
      before = page.at(-1)?.id;
      if (page.length < PAGE || before === undefined) break;
    }
    for (const request of pending.toReversed()) board.want(request);
    return new Set(pending.map(({ id }) => id));
  }

  /** Requests with a message that aren't pending: what became of them? */
  async #others(pending: ReadonlySet<string>): Promise<void> {
    const { desk, board } = this.#parts;
    for (const id of board.open()) {
      if (pending.has(id) || this.#stop.signal.aborted) continue;
      const request = await desk.get(id);
      if (request === undefined) board.forget(id);
      else board.want(request);
    }
  }
}
