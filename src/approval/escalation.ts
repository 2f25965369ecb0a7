/** Further groups that may decide when nobody has by a certain time. Pure. */

import { visibleLine } from '../runtime/visible.ts';
import type { ApprovalRequest, RequestState } from './request.ts';
import { CLOCK_SKEW_MS } from './verify.ts';

/** A request as here or as the API shows it. `T` is a time. */
interface Escalating<T> {
  readonly state: RequestState;
  readonly escalation?: { readonly approvers: readonly string[]; readonly at: T } | undefined;
  readonly escalatedAt?: T | undefined;
}

/** The groups that may decide at that time. By the mark, too: whoever was told that they may now isn't refused by a clock that is behind. */
export function approversAt({ approvers, escalation, escalatedAt }: ApprovalRequest, at: number): readonly string[] {
  if (escalation === undefined || (escalatedAt === undefined && at < escalation.at)) return approvers;
  return [...new Set([...approvers, ...escalation.approvers])];
}

/** Can the mark be true? Anybody may have written it into the store; the terms are sealed. */
export function mayHaveEscalated({ escalation }: Pick<ApprovalRequest, 'escalation'>, now: number): boolean {
  return escalation !== undefined && now >= escalation.at - CLOCK_SKEW_MS;
}

/** The groups that it waits for, too, by now; none before, and when there is nothing left to decide. */
export function escalatedTo({ state, escalation, escalatedAt }: Escalating<unknown>): readonly string[] {
  return state === 'pending' && escalatedAt !== undefined && escalation !== undefined ? escalation.approvers : [];
}

/** The news of it, a sentence; undefined while there is none. */
export function escalationLine(request: Escalating<unknown>): string | undefined {
  const groups = escalatedTo(request);
  return groups.length === 0 ? undefined : visibleLine(`Still undecided, so those in ${groups.join(' or ')} may decide now, too.`);
}

/** Who comes later, or has come, beside those who were asked first; none without an escalation. @param moment writes a time */
export function laterApprovers<T>({ escalation, escalatedAt }: Escalating<T>, moment: (at: T) => string): string[] {
  if (escalation === undefined) return [];
  const at = moment(escalation.at);
  return [`${escalatedAt === undefined ? `from ${at} on` : `since ${at}`} also of ${escalation.approvers.join(', ')}`];
}
