/** Further groups that may decide when nobody has by a certain time. Pure. */

import type { ApprovalRequest } from './request.ts';
import { CLOCK_SKEW_MS } from './verify.ts';

/** The groups that may decide at that time. By the mark, too: whoever was told that they may now isn't refused by a clock that is behind. */
export function approversAt({ approvers, escalation, escalatedAt }: ApprovalRequest, at: number): readonly string[] {
  if (escalation === undefined || (escalatedAt === undefined && at < escalation.at)) return approvers;
  return [...new Set([...approvers, ...escalation.approvers])];
}

/** Can the mark be true? Anybody may have written it into the store; the terms are sealed. */
export function mayHaveEscalated({ escalation }: Pick<ApprovalRequest, 'escalation'>, now: number): boolean {
  return escalation !== undefined && now >= escalation.at - CLOCK_SKEW_MS;
}

/** Who comes later, or has come, in words; none without an escalation. @param moment writes a time */
export function laterApprovers<T>(
  { escalation, escalatedAt }: { readonly escalation?: { readonly approvers: readonly string[]; readonly at: T } | undefined; readonly escalatedAt?: T | undefined }, moment: (at: T) => string,
): string[] {
  if (escalation === undefined) return [];
  const at = moment(escalation.at);
  return [`${escalatedAt === undefined ? `from ${at} on` : `since ${at}`} also of ${escalation.approvers.join(', ')}`];
}
