import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Journal } from '../journal/events.ts';
import type { Clock } from '../runtime/clock.ts';
import { Deadlines } from '../runtime/deadlines.ts';
import { Escalator } from './escalator.ts';
import { ApprovalsUnavailable, HoldRefused } from './failures.ts';
import { newRequestId, REQUEST_ID } from './ids.ts';
import type { DecisionKeys } from './keys.ts';
import { Outbox } from './outbox.ts';
import type { ApprovalRequest, Approvals, RequestDraft, RequestState, Resolution } from './request.ts';
import { seal } from './seal.ts';
import type { ApprovalStore, NewRequest } from './store.ts';
import { CLOCK_SKEW_MS, verifyDecisions } from './verify.ts';
import type { Own, Verification } from './verify.ts';
import { draftOf } from './view.ts';
import { settle, waitFor, Waiting } from './waiting.ts';
import type { Held } from './waiting.ts';

/** How often the store is asked to expire and to escalate what nobody waits for, and about everything that is waited for, in case a message was lost unnoticed. */
const ROUND_MS = 10_000;
/** A release is worth trying again while the store restarts. */
const RELEASE_TRIES = 20;
const RELEASE_RETRY_MS = 250;

/** UTF-16 units of text and parameters that a request may have: more can neither be judged by people nor kept in a store. */
const LARGEST = 8 * 1024 * 1024;

export interface ApprovalsOptions {
  readonly store: ApprovalStore;
  readonly keys: DecisionKeys;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** For what escalates; the session records the rest. */
  readonly journal?: Pick<Journal, 'append'>;
}

/** The gate's side. `close` stops its timers; it neither settles waits nor closes the store. */
export function createApprovals(options: ApprovalsOptions): Approvals & { close(): void } {
  return new Gate(options);
}

/**
 * The store is not trusted. What may be released is this process's own draft, judged by signatures it verifies itself;
 * the store only says when to look, and makes sure that of many releasers one wins.
 */
class Gate implements Approvals {
  readonly #store: ApprovalStore;
  readonly #keys: DecisionKeys;
  readonly #clock: Clock;
  readonly #log: ApprovalsOptions['log'];
  readonly #outbox: Outbox;
  readonly #waiting: Waiting;
  readonly #escalator: Escalator;
  /** Our own drafts for the deferred requests given out by `open` and `find`. */
  readonly #drafts = new WeakMap<ApprovalRequest, RequestDraft>();
  /** Found without a draft of our own: all of it is hearsay. */
  readonly #hearsay = new WeakSet<ApprovalRequest>();
  /** Deferred requests released here: a store that is set back to `approved` gets no second run. */
  readonly #spent = new Set<string>();
  readonly #spentUntil: Deadlines;
  readonly #unlisten: () => void;
  #round: { cancel(): void };
  #asking = false;

  constructor({ store, keys, clock, log, journal }: ApprovalsOptions) {
    this.#store = store;
    this.#keys = keys;
    this.#clock = clock;
    this.#log = log;
    this.#outbox = new Outbox(store, clock);
    this.#waiting = new Waiting(clock, ({ id }) => this.#outbox.post(id, 'expired', {}));
    this.#escalator = new Escalator({ store, keys, clock, log, journal });
    this.#spentUntil = new Deadlines(clock, (id) => this.#spent.delete(id));
    this.#unlisten = store.listen({ changed: (id, state) => this.#changed(id, state), resync: () => void this.#askAboutAll() });
    this.#round = clock.after(ROUND_MS, () => this.#goRound());
  }

  close(): void {
    this.#unlisten();
    this.#round.cancel();
    this.#waiting.close();
    this.#escalator.close();
    this.#spentUntil.close();
    this.#outbox.close();
  }

  async open(given: RequestDraft): Promise<ApprovalRequest> {
    const draft = draftOf(given);
    refuseOversized(draft);
    const id = newRequestId();
    const sealed = await seal(id, draft, this.#keys);
    const request: ApprovalRequest = { ...draft, id, state: 'pending', decisions: [], changedAt: this.#clock.now(), seal: sealed };
    if (draft.mode === 'inline') this.#waiting.hold(id, draft);
    try {
      const stored = await this.#store.open(newRequest(id, draft, sealed, this.#clock.now()));
      this.#escalator.expect(draft);
      return draft.mode === 'inline' ? request : this.#asOurs(stored, draft);
    } catch (error) {
      this.#waiting.forget(id);
      // The answer may have been lost rather than the request.
      if (draft.mode === 'inline') this.#outbox.post(id, 'withdrawn', { note: 'the proxy could not wait for it' });
      throw error;
    }
  }

  resolution(request: ApprovalRequest, signal: AbortSignal): Promise<Resolution> {
    const held = request.mode === 'inline' ? this.#waiting.get(request.id) : undefined;
    if (!held) return Promise.resolve(this.#over(request));
    const resolution = waitFor(held, signal);
    if (held.changed) void this.#look(held);
    return resolution;
  }

  async find(digest: string, own?: RequestDraft): Promise<ApprovalRequest | undefined> {
    if (own && own.digest !== digest) throw new TypeError('The draft has another digest than is looked for.');
    const stored = await this.#store.find(digest);
    if (!stored || stored.mode !== 'deferred' || stored.digest !== digest) return undefined;
    if (own) return this.#asOurs(stored, draftOf(own));
    this.#hearsay.add(stored);
    return stored;
  }

  async release(request: ApprovalRequest): Promise<boolean> {
    const own = this.#own(request);
    if (!own) {
      this.#log.error({ request: request.id }, 'approvals: release of a request this process has no copy of');
      return false;
    }
    const claim = randomUUID();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#releaseOnce(own, claim);
      } catch (error) {
        if (!(error instanceof ApprovalsUnavailable) || tries >= RELEASE_TRIES) throw error;
        await new Promise<void>((resume) => this.#clock.after(RELEASE_RETRY_MS, resume));
      }
    }
  }

  async withdraw(id: string, reason: string): Promise<void> {
    const held = this.#waiting.get(id);
    this.#waiting.forget(id);
    if (held) settle(held, { state: 'withdrawn', reason });
    try {
      await this.#store.move(id, 'withdrawn', { note: reason });
    } catch (error) {
      this.#outbox.post(id, 'withdrawn', { note: reason });
      throw error;
    }
  }

  finish(id: string, outcome: NonNullable<ApprovalRequest['outcome']>): void {
    this.#outbox.post(id, outcome.error === undefined ? 'finished' : 'failed', { outcome });
  }

  async #releaseOnce(own: Own, claim: string): Promise<boolean> {
    const stored = await this.#store.get(own.id);
    const verification = await this.#verify(own, stored);
    if (!verification.approved) return false;
    if (!(await this.#store.move(own.id, 'released', { claim }))) return false;
    if (this.#clock.now() < own.draft.expiresAt && this.#spend(own)) return true;
    this.#outbox.post(own.id, 'failed', { outcome: { error: 'it had ended before it could run' } });
    return false;
  }

  /** Without an await between look and mark: of all callers in this process at most one gets true, whatever the store says. */
  #spend({ id, draft }: Own): boolean {
    if (this.#spent.has(id)) return false;
    if (draft.mode === 'inline') return this.#waiting.forget(id);
    this.#spent.add(id);
    this.#spentUntil.add(id, this.#clock.now() + draft.expiresAt - draft.createdAt + CLOCK_SKEW_MS);
    return true;
  }

  /**
   * What we know ourselves of the request. An inline one is ours only while it is held here; a deferred one never is by
   * its id alone, since the id came from the store and may be that of anything else that is held.
   */
  #own(request: ApprovalRequest): Own | undefined {
    if (request.mode === 'deferred') {
      return this.#hearsay.has(request) ? undefined : { id: request.id, draft: this.#drafts.get(request) ?? request };
    }
    const held = this.#waiting.get(request.id);
    return held?.draft.mode === 'inline' && held.draft.digest === request.digest ? held : undefined;
  }

  /** Id, state and decisions from the store, everything else ours; its end is the earlier of both. */
  #asOurs(stored: ApprovalRequest, draft: RequestDraft): ApprovalRequest {
    if (!REQUEST_ID.test(stored.id) || stored.digest !== draft.digest || stored.mode !== 'deferred') {
      throw new ApprovalsUnavailable(new Error('The store answered with another request than was asked for.'));
    }
    const { id, state, decisions, changedAt, note } = stored;
    const expiresAt = Math.min(stored.expiresAt, draft.expiresAt);
    const request: ApprovalRequest = { ...draft, expiresAt, id, state, decisions, changedAt, ...(note !== undefined && { note }) };
    this.#drafts.set(request, draft);
    return request;
  }

  async #verify(own: Own, stored: ApprovalRequest | undefined): Promise<Verification> {
    const verification = await verifyDecisions(own, stored?.decisions ?? [], this.#keys, this.#clock.now());
    if (verification.problems.length > 0 || (stored?.state === 'approved' && !verification.approved)) {
      this.#log.error(
        { request: own.id, problems: verification.problems },
        'approvals: the store offers decisions that do not hold; ignored. Somebody may be writing to it',
      );
    }
    return verification;
  }

  #changed(id: string, state: RequestState): void {
    const held = this.#waiting.get(id);
    if (!held || state === 'pending') return;
    if (held.waiter) void this.#look(held);
    else held.changed = true;
  }

  /** Asks the store about one request and settles its wait when it has ended. When the store is down, the next round asks again. */
  async #look(held: Held): Promise<void> {
    try {
      const stored = await this.#store.get(held.id);
      if (stored === undefined) await this.#reopen(held);
      else await this.#conclude(held, stored);
    } catch (error) {
      this.#log.warn({ request: held.id, err: error }, 'approvals: no answer about a waiting request; it keeps waiting');
    }
  }

  /** The store has lost it (restarted without its file, say): people must be able to see it again. */
  async #reopen({ id, draft }: Held): Promise<void> {
    if (this.#clock.now() >= draft.expiresAt || !this.#waiting.get(id)) return;
    this.#log.warn({ request: id }, 'approvals: the store had lost a waiting request; opened again');
    const sealed = await seal(id, draft, this.#keys);
    await this.#store.open(newRequest(id, draft, sealed, this.#clock.now()));
  }

  async #conclude(held: Held, stored: ApprovalRequest): Promise<void> {
    if (stored.state === 'pending') return;
    const verification = await this.#verify(held, stored);
    if (this.#clock.now() >= held.draft.expiresAt) return this.#end(held, { state: 'expired' });
    const { decisions } = verification;
    switch (stored.state) {
      case 'approved':
        if (verification.approved) settle(held, { state: 'approved', decisions });
        return;
      case 'denied':
        return this.#end(held, { state: 'denied', decisions });
      case 'expired':
        return this.#end(held, { state: 'expired' });
      case 'withdrawn':
      case 'released':
      case 'finished':
      case 'failed':
        return this.#end(held, { state: 'withdrawn', reason: stored.note ?? `it was ${stored.state} elsewhere` });
    }
  }

  /** Only what this process has opened inline, and what hasn't ended, can be waited for. */
  #over({ expiresAt }: ApprovalRequest): Resolution {
    return this.#clock.now() >= expiresAt ? { state: 'expired' } : { state: 'withdrawn', reason: 'it is not held here any more' };
  }

  #end(held: Held, resolution: Resolution): void {
    this.#waiting.forget(held.id);
    settle(held, resolution);
  }

  #goRound(): void {
    this.#store.sweep().catch((error: unknown) => this.#log.warn({ err: error }, 'approvals: sweep failed'));
    void this.#escalator.look();
    void this.#askAboutAll();
    this.#round = this.#clock.after(ROUND_MS, () => this.#goRound());
  }

  async #askAboutAll(): Promise<void> {
    const ids = this.#waiting.ids();
    if (this.#asking || ids.length === 0) return;
    this.#asking = true;
    try {
      const states = await this.#store.states(ids);
      const concerned = ids.filter((_, index) => states[index] !== 'pending').flatMap((id) => this.#waiting.get(id) ?? []);
      await Promise.all(concerned.map((held) => this.#look(held)));
    } catch {
      // The store says so itself; the next round asks again.
    } finally {
      this.#asking = false;
    }
  }
}

function newRequest(id: string, draft: RequestDraft, sealed: string, now: number): NewRequest {
  const { expiresAt, escalation } = draft;
  return { id, draft, seal: sealed, leftMs: expiresAt - now, ...(escalation && { escalatesMs: escalation.at - now }) };
}

function refuseOversized({ text, parameters = [] }: RequestDraft): void {
  const size = parameters.reduce((sum, parameter) => sum + (parameter?.length ?? 0), text.length);
  if (size <= LARGEST) return;
  throw new HoldRefused('request_too_large', `The statement and its parameters are too large to be shown to a person (${size} characters; ${LARGEST} are the limit).`, 'Split it into smaller statements.');
}
