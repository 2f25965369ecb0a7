/** The people's side of approvals: list, look, decide. Every channel (API, CLI, Slack, …) goes through it. */

import type { ApprovalRequest, RequestState } from './request.ts';
import type { Person } from '../identity/person.ts';

export interface Decide {
  readonly decision: 'approve' | 'deny';
  readonly person: Person;
  readonly channel: string;
  readonly reason?: string;
  readonly seen?: string;
  /** Approve alone, by a group that may in an emergency; needs a reason. */
  readonly breakGlass?: boolean;
}

export interface Desk {
  /** Newest first. `before` is the id of the last one of the page before. */
  list(query: { readonly state?: RequestState; readonly limit?: number; readonly before?: string }): Promise<readonly ApprovalRequest[]>;
  get(id: string): Promise<ApprovalRequest | undefined>;
  /**
   * Signs and stores the person's decision; answers with the request as it then is (still `pending` while the quorum isn't met).
   * @param by.seen `view` (view.ts) of the request as the channel showed it; when it is given and differs, the person
   * saw something else than what would be approved, and gets incomplete_view.
   * Throws DecisionRefused, whose message says to the person why: not_found, already_decided, expired, self_approval,
   * not_an_approver, already_voted, incomplete_view, reason_required.
   */
  decide(id: string, by: Decide): Promise<ApprovalRequest>;
  /** Every request as it becomes, from now on, on every replica. Ends when the signal aborts. */
  watch(signal: AbortSignal): AsyncIterable<ApprovalRequest>;
}
