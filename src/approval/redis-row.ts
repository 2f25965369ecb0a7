import { REQUEST_STATES } from './request.ts';
import type { ApprovalRequest, RequestDraft, RequestState, SignedDecision } from './request.ts';
import { draftOf } from './view.ts';

/**
 * A stored hash as a request; undefined when it isn't one. Only the shape is looked at: what it says is believed by nobody
 * without a signature.
 * @param fields names and values in turn, as HGETALL answers.
 */
export function readRow(id: string, fields: readonly string[]): ApprovalRequest | undefined {
  const row = new Map<string, string>();
  for (let n = 0; n + 1 < fields.length; n += 2) row.set(fields[n] ?? '', fields[n + 1] ?? '');
  const state = row.get('state') as RequestState;
  const draft = object(row.get('draft')) as RequestDraft | undefined;
  if (!draft || !REQUEST_STATES.includes(state)) return undefined;
  const [note, seal, escalatedAt] = [row.get('note'), row.get('seal'), row.get('escalatedAt')];
  const outcome = object(row.get('outcome'));
  return {
    ...draftOf(draft), id, state, decisions: decisionsOf(row), changedAt: Number(row.get('changedAt')),
    ...(escalatedAt !== undefined && { escalatedAt: Number(escalatedAt) }), ...(note !== undefined && { note }), ...(seal !== undefined && { seal }), ...(outcome && { outcome }),
  };
}

/** More people than this decide about nothing; a forged count must not keep us busy. */
const MOST_DECISIONS = 100;

function decisionsOf(row: ReadonlyMap<string, string>): SignedDecision[] {
  const count = Math.min(Number(row.get('count')), MOST_DECISIONS);
  const decisions: SignedDecision[] = [];
  for (let n = 1; n <= count; n += 1) {
    const decision = object(row.get(`decision:${n}`)) as SignedDecision | undefined;
    if (typeof decision?.jws === 'string' && typeof decision.person === 'string') decisions.push(decision);
  }
  return decisions;
}

function object(json: string | undefined): object | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
