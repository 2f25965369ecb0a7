import { HoldRefused } from './failures.ts';
import type { ApprovalRequest, RequestDraft, RequestState, SignedDecision } from './request.ts';

/** A request as the gate opens it. */
export interface NewRequest {
  readonly id: string;
  readonly draft: RequestDraft;
  readonly seal: string;
  /** Time left by the gate's clock. The store adds it to its own, so clocks that differ do no harm. */
  readonly leftMs: number;
  /** Time left until it escalates, in the same way. */
  readonly escalatesMs?: number;
}

export type Decided =
  | { readonly ok: true; readonly request: ApprovalRequest }
  | { readonly ok: false; readonly why: 'not_found' | 'already_decided' | 'expired' | 'already_voted' };

/** The transitions that aren't decisions. */
export type Move = 'released' | 'expired' | 'withdrawn' | 'finished' | 'failed';

/** From which states each of them may start: the state machine of request.ts, once for every store. */
export const MOVES: { readonly [K in Move]: readonly RequestState[] } = {
  released: ['approved'],
  expired: ['pending', 'approved'],
  withdrawn: ['pending', 'approved'],
  finished: ['released'],
  failed: ['released'],
};

const ENDED: ReadonlySet<RequestState> = new Set(['denied', 'expired', 'withdrawn', 'finished', 'failed']);

/** Is it in a state that nothing follows? */
export function isOver({ state }: Pick<ApprovalRequest, 'state'>): boolean {
  return ENDED.has(state);
}

export interface MoveDetail {
  readonly note?: string;
  readonly outcome?: NonNullable<ApprovalRequest['outcome']>;
  /** The caller's random mark, for `released`: asked again after a lost answer, the winner is told true again. */
  readonly claim?: string;
}

export interface ListQuery {
  readonly state?: RequestState;
  /** 1 to MAX_PAGE, default DEFAULT_PAGE. */
  readonly limit?: number;
  /** Id of the last one of the page before; an unknown one gives an empty page. */
  readonly before?: string;
}

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;
export const MAX_CHANGES = 10_000;

/** How long requests are kept after their end. The journal keeps them for good. */
export const RETAIN_MS = 7 * 24 * 3_600_000;

/** Deferred requests of one agent that may wait or stand approved at once: they cost an agent no connection, only the store's memory. */
export const DEFERRED_PER_AGENT = 100;

export function tooMany(agent: string): HoldRefused {
  return new HoldRefused('too_many_requests', `${DEFERRED_PER_AGENT} statements of ${agent} wait for approval already.`, 'Wait until people have decided about some of them.');
}

/** What signed records are about: agents that were frozen and thawed, sign-ins that were ended, what people have proven by signing in. */
export const SHELVES = ['freezes', 'sign-outs', 'proofs'] as const;
export type Shelf = (typeof SHELVES)[number];

/** What happens to requests, on any replica. */
export interface StoreListener {
  changed(id: string, state: RequestState): void;
  /** Changes may have been missed (the connection was lost): ask again about everything that matters. */
  resync(): void;
  /** A signed record was put there. */
  recorded?(shelf: Shelf): void;
}

/**
 * Where requests live. It makes transitions atomic and tells replicas about them; it is not believed about anything else.
 * Each method rejects with ApprovalsUnavailable when the store doesn't answer.
 */
export interface ApprovalStore {
  /** Rejects with HoldRefused for one deferred request too many. The new request; or the one that has this id already; or, for a deferred one, the pending or approved one of the same digest. */
  open(request: NewRequest): Promise<ApprovalRequest>;
  get(id: string): Promise<ApprovalRequest | undefined>;
  /** Newest first. */
  list(query: ListQuery): Promise<readonly ApprovalRequest[]>;
  /** The deferred request of this digest that is pending or approved, and not past its time. */
  find(digest: string): Promise<ApprovalRequest | undefined>;
  /** Ids of those opened or changed at or after `since` (the store's clock, as in changedAt), oldest change first, at most MAX_CHANGES. */
  changedSince(since: number): Promise<readonly string[]>;
  /** One person's decision: a deny ends it, approvals of `quorum` different people approve it. The same decision again is answered as the first time. */
  decide(id: string, decision: SignedDecision): Promise<Decided>;
  /** True when this call made the transition. `released` fails past the time limit. */
  move(id: string, to: Move, detail?: MoveDetail): Promise<boolean>;
  /** State of each id, undefined for those the store doesn't know. */
  states(ids: readonly string[]): Promise<readonly (RequestState | undefined)[]>;
  /** Marks one request that is still pending at its time to escalate, and answers it as it then is; undefined when there is none (any more). */
  escalate(): Promise<ApprovalRequest | undefined>;
  /** Marks what is past its time as expired, and forgets what ended long ago. */
  sweep(): Promise<void>;
  /**
   * Keeps the last signed record of each name; see signed-records.ts.
   * @param leftMs how long it is kept, by the store's clock; for good when left out
   */
  putRecord(shelf: Shelf, name: string, record: string, leftMs?: number): Promise<void>;
  records(shelf: Shelf): Promise<readonly string[]>;
  /**
   * Takes what only one replica may do at a time, or keeps it: true when `holder` has it for `ms` from now on, by the store's clock.
   * False while another has it. With 0 ms it is given back.
   */
  lease(name: string, holder: string, ms: number): Promise<boolean>;
  /** How far a reader of changes has come (the store's clock, as in changedAt); 0 for one that never read. With `at` it moves there, never back. */
  bookmark(name: string, at?: number): Promise<number>;
  /**
   * Of the `rows` asked for, as many as are left of `limit` within the last hour (the store's clock), which then count as spent. Fewer than none give
   * some back.
   */
  spend(account: string, rows: number, limit: number): Promise<number>;
  /** The account's hour begins anew. */
  renew(account: string): Promise<void>;
  /** @returns stops listening. */
  listen(listener: StoreListener): () => void;
  /** Whether it answers now. */
  healthy(): Promise<boolean>;
  /** What is known of that without asking: false from the first sign that it doesn't until the first that it does. */
  readonly reachable: boolean;
  close(): Promise<void>;
}
