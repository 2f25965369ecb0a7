/**
 * Keeps one card per request true: what each should say is a map, and a single worker makes Teams agree with it, one call at a time,
 * again until it does. A bot can't read a channel's history, so where the cards are is known to this process only: the next one posts
 * cards for what is pending anew.
 */

import type { ApprovalRequest } from '../../approval/request.ts';
import { ENDED } from '../../approval/store.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from '../backoff.ts';
import { cardOf } from './card.ts';
import type { Log } from './log.ts';
import { TeamsFailure } from './web.ts';
import type { TeamsWeb } from './web.ts';

export interface BoardParts {
  readonly web: Pick<TeamsWeb, 'post' | 'update'>;
  readonly url?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

interface Entry {
  wanted: ApprovalRequest;
  /** Id of the activity with the card. */
  activity: string | undefined;
  shown: string | undefined;
}

const MAX_ENTRIES = 10_000;

export class Board {
  readonly #parts: BoardParts;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new Set<string>();
  #backoff: Backoff;
  #working: Promise<void> | undefined;
  #stopped = true;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
  }

  start(): void {
    this.#stopped = false;
    this.#backoff = new Backoff(this.#parts.clock);
    this.#work();
  }

  /** Resolves when the call under way has ended; all is forgotten then. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#backoff.stop();
    await this.#working;
    this.#entries.clear();
    this.#due.clear();
  }

  /** Ids of requests whose card may still change. */
  open(): readonly string[] {
    return [...this.#entries.keys()];
  }

  forget(id: string): void {
    this.#entries.delete(id);
    this.#due.delete(id);
  }

  /** Nothing can be found in Teams. */
  adopt(): void {}

  /** The request as it is now. Older news than what is known already is ignored. */
  want(request: ApprovalRequest): void {
    const known = this.#entries.get(request.id);
    if (known === undefined && isOver(request)) return;
    if (known !== undefined && isOlder(request, known.wanted)) return;
    const entry = known ?? { wanted: request, activity: undefined, shown: undefined };
    entry.wanted = request;
    this.#entries.set(request.id, entry);
    this.#makeRoom();
    if (entry.shown === shownAs(request)) return;
    this.#due.add(request.id);
    this.#work();
  }

  #makeRoom(): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.forget(oldest);
  }

  #work(): void {
    if (this.#stopped || this.#working !== undefined) return;
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#due.size > 0) this.#work();
    });
  }

  async #run(): Promise<void> {
    for (let [id] = this.#due; id !== undefined && !this.#stopped; [id] = this.#due) {
      this.#due.delete(id);
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      try {
        await this.#makeTrue(entry);
        this.#backoff.reset();
      } catch (error) {
        await this.#failed(entry, error);
      }
    }
  }

  async #makeTrue(entry: Entry): Promise<void> {
    const { web, url } = this.#parts;
    const request = entry.wanted;
    if (entry.activity === undefined && isOver(request)) return this.forget(request.id);
    const [card, summary] = [cardOf(request, url), `Countersign: ${request.id} is ${request.state}`];
    if (entry.activity === undefined) entry.activity = await web.post(card, summary);
    else await web.update(entry.activity, card, summary);
    entry.shown = shownAs(request);
    if (entry.wanted === request && isOver(request)) this.forget(request.id);
  }

  async #failed(entry: Entry, error: unknown): Promise<void> {
    const { log } = this.#parts;
    const { id } = entry.wanted;
    if (!(error instanceof TeamsFailure)) {
      log.error({ err: error, request: id }, 'teams: a card could not be made; the request is decidable elsewhere');
      return this.forget(id);
    }
    // Somebody deleted the card of an open request: post it again. One that is over is not missed.
    if (error.code === 'gone' && entry.activity !== undefined) entry.activity = undefined;
    this.#due.add(id);
    log.warn({ request: id, reason: error.message, waiting: this.#due.size }, 'teams: not posted yet; trying again');
    await this.#backoff.wait(error.retryAfterMs);
  }
}

function isOver({ state }: ApprovalRequest): boolean {
  return ENDED.includes(state);
}

function shownAs({ state, decisions }: ApprovalRequest): string {
  return `${state} ${decisions.length}`;
}

function isOlder(a: ApprovalRequest, b: ApprovalRequest): boolean {
  return a.changedAt < b.changedAt || (a.changedAt === b.changedAt && a.decisions.length < b.decisions.length) || (b.state !== 'pending' && a.state === 'pending');
}
