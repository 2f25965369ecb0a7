/**
 * Keeps one Slack message per request true. What each message should say is a map; a single worker makes Slack agree
 * with it, one call at a time, and tries again until it does. An outage of Slack delays messages and touches nothing else.
 */

import type { ApprovalRequest, RequestState } from '../../approval/request.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Backoff } from '../backoff.ts';
import type { Log } from './log.ts';
import { messageOf } from './message.ts';
import type { Message } from './message.ts';
import { SlackFailure } from './web.ts';
import type { Place, Posted, SlackWeb } from './web.ts';

export interface BoardParts {
  readonly web: Pick<SlackWeb, 'post' | 'update' | 'posted' | 'channelId'>;
  /** Channel for requests whose rule names none. */
  readonly channel: string;
  /** Where people reach the console. */
  readonly url?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** How far a request has come: enough to tell news from old news. */
type Version = Pick<ApprovalRequest, 'state' | 'changedAt'> & { readonly decided: number };

interface Entry {
  readonly id: string;
  /** What the message should say; kept only until it does, since statements are large. */
  wanted: ApprovalRequest | undefined;
  /** The newest version heard of. */
  heard: Version | undefined;
  place: Place | undefined;
  /** State and number of decisions that the message says, as far as we know. */
  shown: string | undefined;
  /** A post went unanswered: it may be there. */
  uncertain: boolean;
  /** Slack took the message only without the statement. */
  brief: boolean;
  /** The channel its rule names doesn't work. */
  elsewhere: boolean;
}

const FINAL: ReadonlySet<RequestState> = new Set(['denied', 'expired', 'withdrawn', 'finished', 'failed']);
const MAX_ENTRIES = 10_000;
/** Slack's words for a message it won't take as it is. */
const TOO_MUCH = new Set(['msg_blocks_too_long', 'msg_too_long', 'invalid_blocks', 'invalid_blocks_format', 'too_many_blocks']);
/** Slack's words for a channel we can't post to. */
const NO_CHANNEL = new Set(['channel_not_found', 'not_in_channel', 'is_archived', 'restricted_action']);
/** The message is gone, or was never ours. */
const LOST = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

export class Board {
  readonly #parts: BoardParts;
  #backoff: Backoff;
  readonly #entries = new Map<string, Entry>();
  /** Entries whose message may be untrue, in the order in which that came about. */
  readonly #due = new Set<Entry>();
  #working: Promise<void> | undefined;
  #stopped = true;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.clock);
  }

  /** Before this, wishes are only collected: what is posted already must be known first, or it would be posted twice. */
  start(): void {
    this.#stopped = false;
    this.#backoff = new Backoff(this.#parts.clock);
    this.#work();
  }

  /** Resolves when the call under way has ended. All is forgotten: by the next start another replica may have gone on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#backoff.stop();
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

  /** A message found in Slack. */
  adopt({ place, request, state }: Posted): void {
    if (FINAL.has(state)) return;
    const entry = this.#entry(request);
    entry.place ??= place;
    entry.uncertain = false;
  }

  /** The request as it is now. Older news than what is known already is ignored. */
  want(request: ApprovalRequest): void {
    // Nobody has seen it and nobody needs to: it ended before it could be posted.
    if (FINAL.has(request.state) && !this.#entries.has(request.id)) return;
    const entry = this.#entry(request.id);
    const version = versionOf(request);
    if (entry.heard !== undefined && isOlder(version, entry.heard)) return;
    entry.heard = version;
    if (entry.place !== undefined && entry.shown === shownAs(request)) return;
    entry.wanted = request;
    this.#due.add(entry);
    this.#work();
  }

  #entry(id: string): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const entry: Entry = { id, wanted: undefined, heard: undefined, place: undefined, shown: undefined, uncertain: false, brief: false, elsewhere: false };
    this.#entries.set(id, entry);
    this.#makeRoom();
    return entry;
  }

  /** Only after a long outage; pending ones come back with the next look at the desk. */
  #makeRoom(): void {
    const [oldest] = this.#entries.values();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#forget(oldest);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#due.delete(entry);
  }

  #work(): void {
    if (this.#stopped || this.#working !== undefined) return;
    this.#working = this.#run().finally(() => {
      this.#working = undefined;
      if (this.#due.size > 0) this.#work();
    });
  }

  async #run(): Promise<void> {
    for (let [entry] = this.#due; entry !== undefined && !this.#stopped; [entry] = this.#due) {
      this.#due.delete(entry);
      try {
        await this.#makeTrue(entry);
        this.#backoff.reset();
      } catch (error) {
        await this.#failed(entry, error);
      }
    }
  }

  async #makeTrue(entry: Entry): Promise<void> {
    const request = entry.wanted;
    if (request === undefined) return;
    if (entry.uncertain) await this.#lookFor(entry, request);
    if (entry.place === undefined) await this.#post(entry, request);
    else if (entry.shown !== shownAs(request)) await this.#parts.web.update(entry.place, this.#message(entry, request), request);
    entry.shown = shownAs(request);
    if (entry.wanted !== request) return;
    entry.wanted = undefined;
    if (FINAL.has(request.state)) this.#forget(entry);
  }

  async #post(entry: Entry, request: ApprovalRequest): Promise<void> {
    if (FINAL.has(request.state)) return;
    entry.uncertain = true;
    entry.place = await this.#parts.web.post(this.#channel(entry, request), this.#message(entry, request), request);
    entry.uncertain = false;
  }

  async #lookFor(entry: Entry, request: ApprovalRequest): Promise<void> {
    const channel = await this.#parts.web.channelId(this.#channel(entry, request));
    for await (const posted of this.#parts.web.posted(channel, request.createdAt)) {
      if (posted.request === entry.id) entry.place ??= posted.place;
    }
    entry.uncertain = false;
  }

  #message({ brief }: Entry, request: ApprovalRequest): Message {
    return messageOf(request, { brief, url: this.#parts.url });
  }

  #channel(entry: Entry, request: ApprovalRequest): string {
    return (entry.elsewhere ? undefined : request.channel) ?? this.#parts.channel;
  }

  async #failed(entry: Entry, error: unknown): Promise<void> {
    const { log } = this.#parts;
    if (!(error instanceof SlackFailure)) {
      log.error({ err: error, request: entry.id }, 'slack: a message could not be made; the request is decidable elsewhere');
      return this.#forget(entry);
    }
    if (error.code !== 'uncertain') entry.uncertain = false;
    if (error.code === 'refused' && this.#resolved(entry, error.reason)) return;
    this.#due.add(entry);
    log.warn({ request: entry.id, reason: error.reason, waiting: this.#due.size }, 'slack: not posted yet; trying again');
    await this.#backoff.wait(error.retryAfterMs);
  }

  /** A refusal that is about this one message. True when there is nothing to wait for. */
  #resolved(entry: Entry, reason: string): boolean {
    if (TOO_MUCH.has(reason)) {
      if (entry.brief) {
        this.#parts.log.error({ request: entry.id, reason }, 'slack: refuses even the short message; the request is decidable elsewhere');
        this.#forget(entry);
        return true;
      }
      entry.brief = true;
      this.#due.add(entry);
      return true;
    }
    if (NO_CHANNEL.has(reason) && entry.place === undefined && entry.wanted?.channel !== undefined && !entry.elsewhere) {
      this.#parts.log.error({ request: entry.id, channel: entry.wanted.channel, reason }, 'slack: the rule’s channel does not work; posting to the default one');
      entry.elsewhere = true;
      this.#due.add(entry);
      return true;
    }
    if (!LOST.has(reason)) return false;
    this.#forget(entry);
    // Somebody deleted the message of an open request: post it again.
    if (entry.wanted?.state === 'pending') this.want(entry.wanted);
    return true;
  }
}

function versionOf({ state, changedAt, decisions }: ApprovalRequest): Version {
  return { state, changedAt, decided: decisions.length };
}

function shownAs({ state, decisions }: ApprovalRequest): string {
  return `${state} ${decisions.length}`;
}

function isOlder(a: Version, b: Version): boolean {
  return a.changedAt < b.changedAt || (a.changedAt === b.changedAt && a.decided < b.decided) || (b.state !== 'pending' && a.state === 'pending');
}
