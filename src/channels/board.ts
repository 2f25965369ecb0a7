/**
 * Keeps one message per request true. What each message should say is a map; a single worker makes the service agree with it, one call at
 * a time, and tries again until it does. An outage of the service delays messages and touches nothing else.
 */

import type { ApprovalRequest } from '../approval/request.ts';
import { isOver } from '../approval/store.ts';
import type { Clock } from '../runtime/clock.ts';
import { Backoff } from './backoff.ts';
import type { Log } from './log.ts';

/** One service, as far as the board needs it. `M` is what it remembers of a message: where it is, and how it had to be made. */
export interface Poster<M> {
  /** For the log: `slack`. */
  readonly name: string;
  /** A message that isn't there yet. */
  blank(): M;
  /** Makes the message say what the request is, and writes down in `message` where it is. What is over and was never posted is not posted. */
  show(message: M, request: ApprovalRequest): Promise<void>;
  /** What is to be done about an error of `show`; may change the message. Undefined when the error isn't the service's. */
  setback(message: M, request: ApprovalRequest, error: unknown): Setback | undefined;
}

export type Setback =
  /** Try again, not before what the service asked for. `reason` is for the log. */
  | { readonly again: 'later'; readonly reason: string; readonly afterMs: number | undefined }
  /** Try again: the message has been changed so that it may work. */
  | { readonly again: 'now' }
  /** The message is lost. Begin with a new one if the request is still open. */
  | { readonly again: 'anew' }
  | { readonly again: 'never' };

export interface BoardParts<M> {
  readonly poster: Poster<M>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How far a request has come: enough to tell news from old news. */
type Version = Pick<ApprovalRequest, 'state' | 'changedAt'> & { readonly decided: number };

interface Entry<M> {
  readonly id: string;
  readonly message: M;
  /** What the message should say; kept only until it does, since statements are large. */
  wanted: ApprovalRequest | undefined;
  /** The newest version heard of. */
  heard: Version | undefined;
  /** State, number of decisions and escalation that the message says, as far as we know. */
  shown: string | undefined;
}

const MAX_ENTRIES = 10_000;

export class Board<M> {
  readonly #parts: BoardParts<M>;
  readonly #entries = new Map<string, Entry<M>>();
  /** Entries whose message may be untrue, in the order in which that came about. */
  readonly #due = new Set<Entry<M>>();
  #ending = new AbortController();
  #backoff: Backoff;
  #working: Promise<void> | undefined;

  constructor(parts: BoardParts<M>) {
    this.#parts = parts;
    this.#ending.abort();
    this.#backoff = new Backoff(parts.clock, this.#ending.signal);
  }

  /** Before this, wishes are only collected: what is posted already must be known first, or it would be posted twice. */
  start(): void {
    this.#ending = new AbortController();
    this.#backoff = new Backoff(this.#parts.clock, this.#ending.signal);
    this.#work();
  }

  /** Resolves when the call under way has ended. All is forgotten: by the next start another replica may have gone on. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#working;
    this.#entries.clear();
    this.#due.clear();
  }

  /** Ids of requests whose message may still change. */
  open(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The desk no longer knows the request: nothing will ever change. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#forget(entry);
  }

  /** What the service remembers of the message for a request, to be completed by who found the message there. */
  message(id: string): M {
    return this.#entry(id).message;
  }

  /** The request as it is now. Older news than what is known already is ignored. */
  want(request: ApprovalRequest): void {
    // Nobody has seen it and nobody needs to: it ended before it could be posted.
    if (isOver(request) && !this.#entries.has(request.id)) return;
    const entry = this.#entry(request.id);
    const version = versionOf(request);
    if (entry.heard !== undefined && isOlder(version, entry.heard)) return;
    entry.heard = version;
    if (entry.shown === shownAs(request)) return;
    entry.wanted = request;
    this.#due.add(entry);
    this.#work();
  }

  #entry(id: string): Entry<M> {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const entry: Entry<M> = { id, message: this.#parts.poster.blank(), wanted: undefined, heard: undefined, shown: undefined };
    this.#entries.set(id, entry);
    this.#makeRoom();
    return entry;
  }

  /** Only after a long outage; pending ones come back with the next look at the desk. */
  #makeRoom(): void {
    const [oldest] = this.#entries.values();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#forget(oldest);
  }

  #forget(entry: Entry<M>): void {
    this.#entries.delete(entry.id);
    this.#due.delete(entry);
  }

  #work(): void {
    if (this.#ending.signal.aborted || this.#working !== undefined) return;
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#due.size > 0) this.#work();
    });
  }

  async #run(): Promise<void> {
    for (let [entry] = this.#due; entry !== undefined && !this.#ending.signal.aborted; [entry] = this.#due) {
      this.#due.delete(entry);
      const request = entry.wanted;
      if (request === undefined) continue;
      try {
        await this.#makeTrue(entry, request);
        this.#backoff.reset();
      } catch (error) {
        await this.#failed(entry, request, error);
      }
    }
  }

  async #makeTrue(entry: Entry<M>, request: ApprovalRequest): Promise<void> {
    if (entry.shown !== shownAs(request)) await this.#parts.poster.show(entry.message, request);
    entry.shown = shownAs(request);
    if (entry.wanted !== request) return;
    entry.wanted = undefined;
    if (isOver(request)) this.#forget(entry);
  }

  async #failed(entry: Entry<M>, request: ApprovalRequest, error: unknown): Promise<void> {
    const { log, poster } = this.#parts;
    const setback = poster.setback(entry.message, request, error);
    if (setback === undefined) {
      log.error({ err: error, request: entry.id }, `${poster.name}: a message could not be made; the request is decidable elsewhere`);
      return this.#forget(entry);
    }
    if (setback.again === 'never') return this.#forget(entry);
    if (setback.again === 'anew') {
      this.#forget(entry);
      if (entry.wanted?.state === 'pending') this.want(entry.wanted);
      return;
    }
    this.#due.add(entry);
    if (setback.again === 'now') return;
    log.warn({ request: entry.id, reason: setback.reason, waiting: this.#due.size }, `${poster.name}: not posted yet; trying again`);
    await this.#backoff.wait(setback.afterMs);
  }
}

function versionOf({ state, changedAt, decisions }: ApprovalRequest): Version {
  return { state, changedAt, decided: decisions.length };
}

function shownAs({ state, decisions, escalatedAt }: ApprovalRequest): string {
  return `${state} ${decisions.length} ${escalatedAt ?? ''}`;
}

function isOlder(a: Version, b: Version): boolean {
  return a.changedAt < b.changedAt || (a.changedAt === b.changedAt && a.decided < b.decided) || (b.state !== 'pending' && a.state === 'pending');
}
