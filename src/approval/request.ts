/** A held statement and what people see and decide about it. */

import type { EffectUse, TableUse } from '../sql/facts.ts';

/**
 * pending -> approved | denied | expired | withdrawn; approved -> released | expired | withdrawn;
 * released -> finished | failed. Each step is one atomic transition in the store.
 */
export const REQUEST_STATES = ['pending', 'approved', 'denied', 'expired', 'withdrawn', 'released', 'finished', 'failed'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** The longest reason of a decision, UTF-16 units, whichever way it comes. */
export const MAX_REASON = 1000;

/** What is asked, fixed when the request is made. Plain JSON. */
export interface RequestDraft {
  /** SHA-256 (hex) that binds the approval: see digest.ts. */
  readonly digest: string;
  readonly mode: 'inline' | 'deferred';
  readonly agent: { readonly name: string; readonly owner: string; readonly actsFor?: string; readonly groups: readonly string[] };
  readonly database: string;
  readonly protocol: 'postgres' | 'mysql';
  readonly session: string;
  /** The exact text of the whole batch that would run. */
  readonly text: string;
  /** What runs in the place of statements that read masked columns, in their order. Bound by the digest, too. */
  readonly forms?: readonly string[];
  /** Masked columns that it uses in some way, `schema.table.column`. */
  readonly masked?: readonly string[];
  /** Bound parameters: text form, `\x…` for binary, null. */
  readonly parameters?: readonly (string | null)[];
  readonly effects: readonly EffectUse[];
  readonly tables: readonly TableUse[];
  readonly unbounded: boolean;
  /** Rows it would give or change, as the database's planner guesses. */
  readonly estimatedRows?: number;
  /** It runs already, and so many of its rows were sent: people are asked whether more may follow. */
  readonly rowsSent?: number;
  readonly rule: string;
  readonly reason: string;
  readonly policy: string;
  readonly approvers: readonly string[];
  readonly quorum: number;
  /** Groups that may decide, too, from then on. Milliseconds since 1970. */
  readonly escalation?: { readonly approvers: readonly string[]; readonly at: number };
  /** Groups of which one person may release it alone, with a reason. */
  readonly breakGlass?: readonly string[];
  readonly channel?: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly transaction: { readonly open: boolean; readonly ageMs: number };
  /** application_name, purpose, model, run id, … as far as the agent said so. */
  readonly context: Readonly<Record<string, string>>;
}

/** One person's decision, as signed (Ed25519 JWS, compact). The signed payload repeats these fields and the digest. */
export interface SignedDecision {
  readonly decision: 'approve' | 'deny';
  readonly person: string;
  readonly channel: string;
  readonly reason?: string;
  /** Approved alone in an emergency, whatever the quorum and the approvers. */
  readonly breakGlass?: true;
  readonly at: number;
  readonly jws: string;
}

export interface ApprovalRequest extends RequestDraft {
  /** `req_` and 16 lower-case base32 characters. */
  readonly id: string;
  readonly state: RequestState;
  readonly decisions: readonly SignedDecision[];
  /** When and why the state was last changed. */
  readonly changedAt: number;
  /** Since when the groups of `escalation` may decide, too: the store has marked it at that time, by its clock, as still pending. */
  readonly escalatedAt?: number;
  readonly note?: string;
  /** The gate's signature over id and draft (JWS, see seal.ts): a desk shows and signs nothing without it. */
  readonly seal?: string;
  /** After `finished` or `failed`. */
  readonly outcome?: { readonly tag?: string; readonly rows?: number; readonly ms?: number; readonly error?: string };
}

/** How a wait for a decision ended. */
export type Resolution =
  /** Signatures and quorum verified here, in the process that holds the connection. */
  | { readonly state: 'approved'; readonly decisions: readonly SignedDecision[] }
  | { readonly state: 'denied'; readonly decisions: readonly SignedDecision[] }
  | { readonly state: 'expired' }
  | { readonly state: 'withdrawn'; readonly reason: string };

/** The gate's side of approvals: opens requests, waits, releases. Every method may reject with ApprovalsUnavailable (store down). */
export interface Approvals {
  /** Stores the request and announces it to every channel. */
  open(draft: RequestDraft): Promise<ApprovalRequest>;
  /**
   * Waits for the end of `pending`. Costs a map entry per waiting request, not a connection or a poll.
   * Survives a store outage: keeps waiting until `expiresAt`, then resolves `expired` by the local clock.
   * Rejects with the signal's reason when aborted (the caller then withdraws).
   */
  resolution(request: ApprovalRequest, signal: AbortSignal): Promise<Resolution>;
  /**
   * The deferred mode's question: what does a request with this digest say today? Undefined: none that is pending or approved.
   * @param own the draft of what the agent has just re-sent. Only an answer found with it can be released, since a release
   * is verified against what this process has seen itself and never against what the store says.
   */
  find(digest: string, own?: RequestDraft): Promise<ApprovalRequest | undefined>;
  /**
   * approved -> released, verified again (digest, signatures, quorum, time). Exactly one caller wins: the others get false,
   * as does everyone when anything doesn't hold. Only after `true` may the statement run.
   * @param request as `open` or `find(digest, own)` gave it.
   */
  release(request: ApprovalRequest): Promise<boolean>;
  withdraw(id: string, reason: string): Promise<void>;
  /** released -> finished | failed. Best effort, retried in the background; never rejects. */
  finish(id: string, outcome: NonNullable<ApprovalRequest['outcome']>): void;
}
