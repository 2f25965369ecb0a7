import { createHash } from 'node:crypto';
import type { RequestDraft } from './request.ts';

/** What of a request its view is made of. */
export type Viewed = Pick<RequestDraft, 'digest' | 'mode' | 'agent' | 'database' | 'protocol' | 'text' | 'parameters' | 'forms'
  | 'effects' | 'tables' | 'unbounded' | 'rule' | 'policy' | 'approvers' | 'quorum' | 'breakGlass'> & { readonly escalation?: Pick<NonNullable<RequestDraft['escalation']>, 'approvers'> };

/**
 * SHA-256 (hex) over what a person must have seen right for an approval to count, and over the terms it was given under.
 * The digest covers what runs; the view ties the shown text to it, so that a store that shows `select 1` for the digest
 * of a DROP gets a signature that releases nothing. Left out is what differs when a deferred statement is sent again
 * from another session: times, session, transaction, context.
 */
export function view(draft: Viewed): string {
  return sha256(canonical([
    draft.digest, draft.mode, draft.agent, draft.database, draft.protocol, draft.text, draft.parameters ?? null, draft.forms ?? null,
    draft.effects, draft.tables, draft.unbounded, draft.rule, draft.policy, draft.approvers, draft.quorum, draft.escalation?.approvers ?? null, draft.breakGlass ?? null,
  ]));
}

/** SHA-256 (hex) over every field of the draft, and over no other field the object may have. */
export function draftHash(draft: RequestDraft): string {
  return sha256(canonical(draftOf(draft)));
}

/** The draft alone, without what the store adds to it. */
export function draftOf(draft: RequestDraft): RequestDraft {
  return {
    digest: draft.digest, mode: draft.mode, agent: draft.agent, database: draft.database, protocol: draft.protocol,
    session: draft.session, text: draft.text, ...(draft.parameters && { parameters: draft.parameters }), ...(draft.forms && { forms: draft.forms }), ...(draft.masked && { masked: draft.masked }),
    effects: draft.effects, tables: draft.tables, unbounded: draft.unbounded, ...(draft.estimatedRows !== undefined && { estimatedRows: draft.estimatedRows }), ...(draft.rowsSent !== undefined && { rowsSent: draft.rowsSent }), rule: draft.rule, reason: draft.reason,
    policy: draft.policy, approvers: draft.approvers, quorum: draft.quorum,
    ...(draft.escalation && { escalation: draft.escalation }), ...(draft.breakGlass && { breakGlass: draft.breakGlass }), ...(draft.channel !== undefined && { channel: draft.channel }),
    createdAt: draft.createdAt, expiresAt: draft.expiresAt, transaction: draft.transaction, context: draft.context,
  };
}

/** JSON with sorted member names, so that a draft that went through a store has the hash it had before. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
