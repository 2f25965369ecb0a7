/**
 * From the desk to the board, in the replica whose turn it is: watches, and looks again at all open requests at the start, every five
 * minutes and whenever the service came back, so that no lost message or missed event leaves a request unannounced or a button on a decided one.
 */

import type { Desk } from '../approval/desk.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import type { Clock } from '../runtime/clock.ts';
import { delay } from '../runtime/delay.ts';
import { Backoff } from './backoff.ts';
import type { Board } from './board.ts';
import type { Log } from './log.ts';

export interface AnnouncerParts {
  /** The channel's, for the log. */
  readonly name: string;
  readonly desk: Desk;
  readonly board: Pick<Board<unknown>, 'start' | 'stop' | 'open' | 'forget' | 'want'>;
  /** Tells the board what is posted already, where the service can say so. Ends soon after the signal aborts. */
  readonly adopt?: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The watch tells of all changes, also after a gap; this is for what was missed all the same. */
const LOOK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 10_000;
const PAGE = 100;

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
    const again = new Backoff(this.#parts.clock, signal);
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
    await this.#parts.adopt?.(signal);
    if (signal.aborted) return;
    this.#parts.board.start();
    await this.#lookRegularly(signal);
  }

  async #lookRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = await this.#look(signal);
      await delay(seen ? LOOK_MS : LOOK_AGAIN_MS, this.#parts.clock, signal);
    }
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
}
