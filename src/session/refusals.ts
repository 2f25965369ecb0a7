/** The sentences agents read. Each says what happened, why, and what to do next. */

import { Malformed } from '../framing/malformed.ts';
import type { ApprovalRequest, RequestDraft, Resolution } from '../approval/request.ts';
import type { DatabaseError } from '../protocol/grammar.ts';
import { type Refusal, Refused } from '../protocol/refusal.ts';
import type { Facts } from '../sql/facts.ts';
import type { Judgement } from './judge.ts';

const effectNames = (facts: Facts): string[] => facts.effects.map(({ effect }) => effect);

function facts(judgement: Judgement): Readonly<Record<string, unknown>> {
  const { verdict, facts: of } = judgement;
  return { rule: verdict.rule, effects: effectNames(of), tables: of.tables.map(({ name }) => name) };
}

export function denied(judgement: Judgement): Refusal {
  return { code: 'denied', message: `refused by policy: ${judgement.verdict.reason}`, detail: facts(judgement), hint: 'Do not send it again unchanged: the answer will be the same. Ask the owner of this agent if it is needed.' };
}

/** In the database's own words and no others: nothing was held, and nothing tells the agent that anybody is between. */
export const notSql = ({ message, bytes }: DatabaseError): Refusal => ({ code: 'syntax_error', message, verbatim: bytes });

export function forbidden(judgement: Judgement, sentence: string): Refusal {
  return { code: 'forbidden', message: `refused: ${sentence}`, detail: facts(judgement), hint: 'No policy can allow this through the proxy.' };
}

/** Who can approve, where, until when: the same facts for the notice of an inline hold and the error of a deferred one. */
export function holdDetail(request: ApprovalRequest, judgement: Judgement): Readonly<Record<string, unknown>> {
  return {
    request: request.id, ...facts(judgement), reason: request.reason, approvers: request.approvers, quorum: request.quorum,
    ...(request.escalation && { escalates_to: request.escalation.approvers, escalates_at: new Date(request.escalation.at).toISOString() }),
    expires_at: new Date(request.expiresAt).toISOString(),
  };
}

export function deferred(request: ApprovalRequest, judgement: Judgement): Refusal {
  return {
    code: 'deferred', message: `held for approval as ${request.id}: ${request.reason}`, detail: { ...holdDetail(request, judgement), state: request.state },
    hint: 'It has not run. Send exactly the same statement again after it was approved; until then do something else.',
  };
}

/** Why a held statement doesn't run. */
export function unresolved(request: ApprovalRequest, resolution: Exclude<Resolution, { state: 'approved' }>): Refusal {
  const detail = { request: request.id, rule: request.rule };
  switch (resolution.state) {
    case 'denied': {
      const decision = resolution.decisions.find(({ decision }) => decision === 'deny');
      const by = decision === undefined ? '' : ` by ${decision.person}${decision.reason === undefined ? '' : `: ${decision.reason}`}`;
      return {
        code: 'decision_denied', message: `${request.id} was denied${by}`,
        detail: { ...detail, ...(decision === undefined ? {} : { person: decision.person }), ...(decision?.reason === undefined ? {} : { reason: decision.reason }) },
        hint: 'It has not run. Do not send it again unchanged; take the reason into account.',
      };
    }
    case 'expired':
      return { code: 'expired', message: `${request.id} expired: nobody decided in time`, detail, hint: 'It has not run. Ask an approver to be there, then send it again.' };
    case 'withdrawn':
      return { code: 'withdrawn', message: `${request.id} was withdrawn: ${resolution.reason}`, detail, hint: 'It has not run. Send it again if it is still needed.' };
  }
}

export const cancelledWhileHeld = (id: string | undefined): Refusal => ({
  code: 'cancelled', message: 'canceling statement due to user request',
  ...(id === undefined ? {} : { detail: { request: id } }), hint: 'It was held for approval and has not run.',
});

/** Of rows that may not follow: those before them were sent. */
export function cutOff(refusal: Refusal): Refusal {
  const next = refusal.code === 'deferred' ? 'Send exactly the same statement again after it was approved; until then do something else.' : 'Ask for fewer rows, or say by a reason what they are needed for.';
  return { ...refusal, hint: `The rows before were sent, and no more. ${next}` };
}

export const unknownSession = (connection: number): Refusal => ({
  code: 'unknown_session', message: `no session ${connection} of this agent`, hint: 'An agent may cancel and end its own sessions only.',
});

export const changedWhileHeld = (draft: RequestDraft, id: string): Refusal => ({
  code: 'changed', message: `${id} was approved, but what it would do changed while it waited`, detail: { request: id, rule: draft.rule },
  hint: 'It has not run. Send it again to have it judged by what is true now.',
});

export const changedSinceBound: Refusal = {
  code: 'changed', message: 'what this portal would do, or what may be done, changed since it was bound', hint: 'It has not run any further. Bind it again to have it judged by what is true now.',
};

export const notReleased = (id: string): Refusal => ({
  code: 'withdrawn', message: `${id} could not be released: it was used, ended or could not be verified`, detail: { request: id }, hint: 'It has not run. Send it again.',
});

export const approvalsUnavailable: Refusal = {
  code: 'approvals_unavailable', message: 'this statement needs approval, and the approval store can\'t be reached now', hint: 'It has not run. Try again later; statements that need no approval may still work.',
};

/** As the operator wants it (`approvals.store_down: refuse_all`). */
export const approvalsDown: Refusal = {
  code: 'approvals_unavailable', message: 'the approval store can\'t be reached, and nothing may run without it here', hint: 'It has not run. Try again later; the operator must bring the store back.',
};

export const journalUnavailable: Refusal = {
  code: 'journal_unavailable', message: 'the journal can\'t be written now, and nothing may run unrecorded', hint: 'It has not run. Try again later; the operator must make room or repair the journal\'s disk.',
};

export const internal: Refusal = { code: 'internal', message: 'the proxy failed; nothing was let through', hint: 'Connect again; the proxy\'s log has the cause.' };

/** The last word of a session that ends by this error; undefined for one that nobody expected. */
export function ending(error: unknown): Refusal | undefined {
  if (error instanceof Refused) return error.refusal;
  return error instanceof Malformed ? { code: 'protocol_violation', message: `the connection can't be followed: ${error.message}` } : undefined;
}
