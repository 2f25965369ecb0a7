/** Sends a decision to the API. */

import { ApprovalRequestView } from '../api/schemas.ts';
import type { DecisionBody } from '../api/schemas.ts';
import { approversOf } from '../approval/voters.ts';
import type { ApiClient } from './client.ts';

/** Sends back what was shown, so that a decision about anything else is refused. @returns the request as it is after that. */
export function sendDecision(client: ApiClient, { id, digest, view }: ApprovalRequestView, decision: Pick<DecisionBody, 'decision' | 'reason' | 'breakGlass'>): Promise<ApprovalRequestView> {
  return client.call('POST', `/api/v1/requests/${encodeURIComponent(id)}/decision`, ApprovalRequestView, { ...decision, digest, view });
}

/** What to tell who decided. */
export function afterDecision({ id, state, quorum, decisions }: ApprovalRequestView): string {
  const missing = quorum - approversOf(decisions).size;
  return state === 'pending' ? `${id}: your approval is counted; ${missing} more needed.` : `${id} is ${state}.`;
}
