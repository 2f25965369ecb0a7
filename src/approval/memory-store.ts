import { normalEmail } from '../identity/email.ts';
import type { Clock } from '../runtime/clock.ts';
import { HourWindow } from './hour-window.ts';
import type { ApprovalRequest, RequestState, SignedDecision } from './request.ts';
import { DEFAULT_PAGE, DEFERRED_PER_AGENT, MAX_CHANGES, MAX_PAGE, MOVES, RETAIN_MS, isOver, tooMany } from './store.ts';
import type { ApprovalStore, Decided, ListQuery, Move, MoveDetail, NewRequest, Shelf, StoreListener } from './store.ts';
import { draftOf } from './view.ts';
import { approversOf } from './voters.ts';

interface Row {
  request: ApprovalRequest;
  /** By the store's clock. */
  readonly deadline: number;
  /** By the same clock; undefined for never, or never again. */
  escalates: number | undefined;
  claim?: string;
}

interface Shelved {
  readonly record: string;
  readonly until: number;
}

/** One process, gone with it. Every method is one turn of the event loop, hence atomic. */
export function createMemoryStore({ clock, retainMs = RETAIN_MS }: { readonly clock: Clock; readonly retainMs?: number }): ApprovalStore {
  return new MemoryStore(clock, retainMs);
}

class MemoryStore implements ApprovalStore {
  readonly #rows = new Map<string, Row>();
  /** Deferred requests that are pending or approved. */
  readonly #digests = new Map<string, string>();
  readonly #shelves: Readonly<Record<Shelf, Map<string, Shelved>>> = { freezes: new Map(), 'sign-outs': new Map(), proofs: new Map() };
  readonly #leases = new Map<string, { readonly holder: string; readonly until: number }>();
  readonly #bookmarks = new Map<string, number>();
  /** One a rule and agent of the configuration. */
  readonly #spent = new Map<string, HourWindow>();
  readonly #listeners = new Set<StoreListener>();
  readonly #clock: Clock;
  readonly #retainMs: number;

  constructor(clock: Clock, retainMs: number) {
    this.#clock = clock;
    this.#retainMs = retainMs;
  }

  async open({ id, draft, seal, leftMs, escalatesMs }: NewRequest): Promise<ApprovalRequest> {
    const now = this.#clock.now();
    const there = this.#live(id) ?? (draft.mode === 'deferred' ? this.#liveOf(draft.digest) : undefined);
    if (there) return there.request;
    if (draft.mode === 'deferred' && this.#deferredOf(draft.agent.name) >= DEFERRED_PER_AGENT) throw tooMany(draft.agent.name);
    const request: ApprovalRequest = { ...structuredClone(draftOf(draft)), id, state: 'pending', decisions: [], changedAt: now, seal };
    this.#rows.set(id, { request, deadline: now + leftMs, escalates: escalatesMs === undefined ? undefined : now + escalatesMs });
    if (draft.mode === 'deferred') this.#digests.set(draft.digest, id);
    this.#announce(request);
    return request;
  }

  async get(id: string): Promise<ApprovalRequest | undefined> {
    return this.#live(id)?.request;
  }

  async list({ state, limit = DEFAULT_PAGE, before }: ListQuery): Promise<readonly ApprovalRequest[]> {
    this.#expireDue();
    const last = before === undefined ? undefined : this.#rows.get(before)?.request;
    if (before !== undefined && last === undefined) return [];
    return [...this.#rows.values()]
      .map((row) => row.request)
      .filter((one) => (state === undefined || one.state === state) && (last === undefined || newestFirst(one, last) > 0))
      .toSorted(newestFirst)
      .slice(0, Math.min(limit, MAX_PAGE));
  }

  async find(digest: string): Promise<ApprovalRequest | undefined> {
    return this.#liveOf(digest)?.request;
  }

  async changedSince(since: number): Promise<readonly string[]> {
    this.#expireDue();
    const requests = [...this.#rows.values()].map((row) => row.request).filter((one) => one.changedAt >= since);
    return requests.toSorted((a, b) => a.changedAt - b.changedAt).slice(0, MAX_CHANGES).map((one) => one.id);
  }

  async decide(id: string, decision: SignedDecision): Promise<Decided> {
    const row = this.#live(id);
    if (!row) return { ok: false, why: 'not_found' };
    const { request } = row;
    if (request.decisions.some((one) => one.jws === decision.jws)) return { ok: true, request };
    if (request.state === 'expired') return { ok: false, why: 'expired' };
    if (request.state !== 'pending') return { ok: false, why: 'already_decided' };
    if (decision.decision === 'approve' && decision.breakGlass !== true && approversOf(request.decisions).has(normalEmail(decision.person))) return { ok: false, why: 'already_voted' };
    const decided = { ...request, decisions: [...request.decisions, decision] };
    return { ok: true, request: this.#enter(row, decided, stateAfter(decided, decision)) };
  }

  async move(id: string, to: Move, { note, outcome, claim }: MoveDetail = {}): Promise<boolean> {
    const row = this.#live(id);
    if (!row) return false;
    if (to === 'released' && claim !== undefined && row.claim === claim) return true;
    if (!MOVES[to].includes(row.request.state)) return false;
    if (claim !== undefined) row.claim = claim;
    this.#enter(row, { ...row.request, ...(note !== undefined && { note }), ...(outcome && { outcome }) }, to);
    return true;
  }

  async states(ids: readonly string[]): Promise<readonly (RequestState | undefined)[]> {
    return ids.map((id) => this.#live(id)?.request.state);
  }

  async escalate(): Promise<ApprovalRequest | undefined> {
    this.#expireDue();
    const now = this.#clock.now();
    const row = [...this.#rows.values()].find(({ request, escalates = Infinity }) => request.state === 'pending' && escalates <= now);
    if (row === undefined) return undefined;
    row.escalates = undefined;
    return this.#enter(row, { ...row.request, escalatedAt: now }, 'pending');
  }

  async sweep(): Promise<void> {
    this.#expireDue();
    const now = this.#clock.now();
    for (const [id, { request }] of this.#rows) {
      if (isOver(request) && request.changedAt + this.#retainMs <= now) this.#rows.delete(id);
    }
  }

  async putRecord(shelf: Shelf, name: string, record: string, leftMs = Infinity): Promise<void> {
    this.#shelves[shelf].set(name, { record, until: this.#clock.now() + leftMs });
    queueMicrotask(() => this.#listeners.forEach((listener) => listener.recorded?.(shelf)));
  }

  async records(shelf: Shelf): Promise<readonly string[]> {
    const [now, records] = [this.#clock.now(), this.#shelves[shelf]];
    for (const [name, { until }] of records) if (until <= now) records.delete(name);
    return [...records.values()].map(({ record }) => record);
  }

  async lease(name: string, holder: string, ms: number): Promise<boolean> {
    const now = this.#clock.now();
    const there = this.#leases.get(name);
    if (there !== undefined && there.holder !== holder && there.until > now) return false;
    this.#leases.set(name, { holder, until: now + ms });
    return true;
  }

  async bookmark(name: string, at = 0): Promise<number> {
    const place = Math.max(at, this.#bookmarks.get(name) ?? 0);
    this.#bookmarks.set(name, place);
    return place;
  }

  async spend(account: string, rows: number, limit: number): Promise<number> {
    const window = this.#spent.get(account) ?? new HourWindow();
    this.#spent.set(account, window);
    return window.spend(rows, limit, this.#clock.now());
  }

  async renew(account: string): Promise<void> {
    this.#spent.delete(account);
  }

  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly reachable = true;

  async healthy(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** The row as it is now: what is past its time becomes expired by being looked at. */
  #live(id: string): Row | undefined {
    const row = this.#rows.get(id);
    if (row && this.#clock.now() >= row.deadline && MOVES.expired.includes(row.request.state)) this.#enter(row, row.request, 'expired');
    return row;
  }

  #liveOf(digest: string): Row | undefined {
    const id = this.#digests.get(digest);
    const row = id === undefined ? undefined : this.#live(id);
    return row && MOVES.expired.includes(row.request.state) ? row : undefined;
  }

  #deferredOf(agent: string): number {
    return [...this.#digests.values()].filter((id) => this.#live(id)?.request.agent.name === agent).length;
  }

  #expireDue(): void {
    for (const id of this.#rows.keys()) this.#live(id);
  }

  #enter(row: Row, request: ApprovalRequest, state: RequestState): ApprovalRequest {
    row.request = { ...request, state, changedAt: this.#clock.now() };
    const waits = state === 'pending' || state === 'approved';
    if (!waits && this.#digests.get(request.digest) === request.id) this.#digests.delete(request.digest);
    this.#announce(row.request);
    return row.request;
  }

  /** Later, as from a network: nobody may count on being called back inside their own call. */
  #announce({ id, state }: ApprovalRequest): void {
    queueMicrotask(() => this.#listeners.forEach((listener) => listener.changed(id, state)));
  }
}

function stateAfter(request: ApprovalRequest, { decision, breakGlass }: SignedDecision): RequestState {
  if (decision === 'deny') return 'denied';
  return breakGlass === true || approversOf(request.decisions).size >= request.quorum ? 'approved' : 'pending';
}

function newestFirst(a: ApprovalRequest, b: ApprovalRequest): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1) * Number(a.id !== b.id);
}
