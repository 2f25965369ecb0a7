/**
 * Where a risky statement waits. Nothing here touches sockets: the gate asks, waits and answers whether it may run.
 *
 *   quiet -> open -> (notice, journal) -> resolution -> judge again -> release -> journal, durable -> run
 */

import type { Logger } from 'pino';
import { type Bound, boundDigest, boundOf } from '../approval/bound.ts';
import { ApprovalsUnavailable, HoldRefused } from '../approval/failures.ts';
import type { ApprovalRequest, Approvals, RequestDraft } from '../approval/request.ts';
import type { Journal } from '../journal/events.ts';
import { JournalUnavailable } from '../journal/failures.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { Statement } from '../protocol/statement.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SessionMetrics } from '../telemetry/metrics.ts';
import { type Judgement, sameRisk } from './judge.ts';
import { approvalsUnavailable, cancelledWhileHeld, changedWhileHeld, deferred, journalUnavailable, notReleased, unresolved } from './refusals.ts';

/** Why a wait was ended from our side. */
export class HoldAborted extends Error {
  readonly refusal: Refusal | undefined;

  /** @param refusal undefined: nobody is there to read it */
  constructor(reason: string, refusal?: Refusal) {
    super(reason);
    this.refusal = refusal;
  }
}

export interface GateParts {
  readonly approvals: Approvals;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'warn'>;
}

/** One hold: what it is about, and how the session takes part in it. */
export interface Hold {
  readonly session: string;
  readonly draft: Omit<RequestDraft, 'digest'>;
  /** Sequence number of the statement's record, when it runs already and only rows of it are held. */
  readonly record?: number;
  readonly statements: readonly Statement[];
  readonly settings: readonly (readonly [string, string])[];
  readonly judgement: Judgement;
  readonly signal: AbortSignal;
  /** Tells the agent that it waits. */
  announce(request: ApprovalRequest): void;
  /** Judges the same statements by what is true now. */
  judgeAgain(): Promise<Judgement>;
}

interface BoundHold extends Hold {
  readonly bound: Bound;
}

/** `request` is released: it must run now, or be finished as failed. `asked`: id of the request that people were asked by. */
export type Passage = { readonly request: ApprovalRequest } | { readonly refusal: Refusal; readonly asked?: string | undefined } | 'gone';

/** Counts a hold, and how long people took. @param told of how it ended: `released`, `gone`, or the code of the refusal */
export async function measured({ metrics, clock }: { readonly metrics: SessionMetrics; readonly clock: Clock }, pass: () => Promise<Passage>, told: (how: { readonly code: string; readonly ms: number }) => void): Promise<Passage> {
  const began = clock.monotonic();
  metrics.held.inc();
  try {
    const passage = await pass();
    const how = { code: passage === 'gone' ? 'gone' : 'refusal' in passage ? passage.refusal.code : 'released', ms: clock.monotonic() - began };
    metrics.decided(how.code, how.ms);
    told(how);
    return passage;
  } finally {
    metrics.held.dec();
  }
}

/** Waits for people. Never rejects. */
export async function passGate(parts: GateParts, hold: Hold): Promise<Passage> {
  let request: ApprovalRequest | undefined;
  try {
    const bound = boundOf(hold);
    const draft: RequestDraft = { ...hold.draft, digest: boundDigest({ ...hold.draft, agent: hold.draft.agent.name, bound }) };
    request = draft.mode === 'deferred' ? await claim(parts, { ...hold, bound }, draft) : await openInline(parts, { ...hold, bound }, draft);
    if (draft.mode === 'deferred' && request.state !== 'approved') return { refusal: deferred(request, hold.judgement), asked: request.id };
    if (draft.mode === 'inline') {
      const resolution = await parts.approvals.resolution(request, hold.signal);
      if (resolution.state !== 'approved') return end(parts, request, resolution.state, unresolved(request, resolution));
    }
    return await release(parts, hold, request);
  } catch (error) {
    return failed(parts, hold, request, error);
  }
}

async function openInline({ approvals, journal }: GateParts, hold: BoundHold, draft: RequestDraft): Promise<ApprovalRequest> {
  const request = await openRecorded({ approvals, journal }, hold, draft);
  // Who has gone meanwhile needs no notice; the wait for the decision ends at once then, and withdraws the request.
  if (!hold.signal.aborted) hold.announce(request);
  return request;
}

/** The deferred mode: uses the approval of the same digest, joins the request that waits, or makes one. */
async function claim({ approvals, journal }: GateParts, hold: BoundHold, draft: RequestDraft): Promise<ApprovalRequest> {
  const found = await approvals.find(draft.digest, draft);
  return found ?? openRecorded({ approvals, journal }, hold, draft);
}

/** Nobody is asked about what isn't on record: a journal that is full now may have room again when they answer. */
async function openRecorded({ approvals, journal }: Pick<GateParts, 'approvals' | 'journal'>, hold: BoundHold, draft: RequestDraft): Promise<ApprovalRequest> {
  const request = await approvals.open(draft);
  record(journal, hold, request);
  try {
    await recorded(journal);
  } catch (error) {
    await approvals.withdraw(request.id, 'it could not be recorded').catch(() => {}); // retried by the gate's own outbox
    throw error;
  }
  return request;
}

/** Resolves when all that was appended so far is written; rejects with JournalUnavailable. */
export function recorded(journal: Journal): Promise<void> {
  return new Promise((resolve, reject) => journal.written((failure) => (failure === undefined ? resolve() : reject(failure))));
}

async function release(parts: GateParts, hold: Hold, request: ApprovalRequest): Promise<Passage> {
  const again = await hold.judgeAgain();
  hold.signal.throwIfAborted();
  if (!sameRisk(hold.judgement, again)) {
    await parts.approvals.withdraw(request.id, 'what it would do changed while it waited').catch(() => {});
    return end(parts, request, 'withdrawn', changedWhileHeld(request, request.id));
  }
  if (!(await parts.approvals.release(request))) return end(parts, request, 'failed', notReleased(request.id));
  if (hold.signal.aborted) {
    parts.approvals.finish(request.id, { error: 'the agent was gone before it could run' });
    hold.signal.throwIfAborted();
  }
  parts.journal.append({ kind: 'request.ended', request: request.id, state: 'released' });
  return { request };
}

function end({ journal }: GateParts, request: ApprovalRequest, state: 'denied' | 'expired' | 'withdrawn' | 'failed', refusal: Refusal): Passage {
  journal.append({ kind: 'request.ended', request: request.id, state, reason: refusal.message });
  return { refusal, asked: request.id };
}

function failed(parts: GateParts, hold: Hold, request: ApprovalRequest | undefined, error: unknown): Passage {
  const reason = hold.signal.aborted ? (hold.signal.reason as unknown) : error;
  if (request !== undefined) {
    const sentence = reason instanceof Error ? reason.message : 'withdrawn';
    parts.approvals.withdraw(request.id, sentence).catch(() => {}); // retried by the gate's own outbox
    parts.journal.append({ kind: 'request.ended', request: request.id, state: 'withdrawn', reason: sentence });
  }
  if (reason instanceof HoldAborted) {
    if (reason.refusal === undefined) return 'gone';
    return { refusal: reason.refusal.code === 'cancelled' ? cancelledWhileHeld(request?.id) : reason.refusal, asked: request?.id };
  }
  if (reason instanceof HoldRefused) return { refusal: { code: 'too_large', message: reason.message, ...(reason.hint === undefined ? {} : { hint: reason.hint }) } };
  if (reason instanceof ApprovalsUnavailable) return { refusal: approvalsUnavailable, asked: request?.id };
  if (reason instanceof JournalUnavailable) return { refusal: journalUnavailable, asked: request?.id };
  parts.log.error({ err: reason, session: hold.session }, 'session: a hold failed');
  return { refusal: parts.journal.writable ? approvalsUnavailable : journalUnavailable, asked: request?.id };
}

function record(journal: Journal, hold: BoundHold, request: ApprovalRequest): void {
  const { session, record: statement, bound } = hold;
  const { agent, parameters, forms, escalation, breakGlass } = request;
  journal.append({
    kind: 'request.opened', session, ...(statement !== undefined && { statement }), request: request.id, digest: request.digest, mode: request.mode,
    agent: agent.name, owner: agent.owner, ...(agent.actsFor !== undefined && { actsFor: agent.actsFor }), groups: agent.groups,
    database: request.database, protocol: request.protocol,
    text: request.text, ...(parameters && { parameters }), ...(forms && { forms }), bound,
    effects: request.effects, tables: request.tables, unbounded: request.unbounded, rule: request.rule, policy: request.policy,
    approvers: request.approvers, quorum: request.quorum, expiresAt: request.expiresAt,
    ...(escalation && { escalation }), ...(breakGlass && { breakGlass }),
  });
}
