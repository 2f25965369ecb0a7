/** What became of a request: who, when, why, and what the database said. Visible text. */

import { escalationLine } from '../approval/escalation.ts';
import type { ApprovalRequest, RequestState, SignedDecision } from '../approval/request.ts';
import { approversOf } from '../approval/voters.ts';
import { mayNow, stayed } from '../approval/words.ts';
import { visibleLine } from '../runtime/visible.ts';
import { cut } from '../runtime/cut.ts';

export function decisionLine({ decision, person, reason, breakGlass }: SignedDecision): string {
  return visibleLine(`${breakGlass === true ? 'THE GLASS WAS BROKEN. Approved alone' : decision === 'approve' ? 'Approved' : 'Denied'} by ${person}${reason === undefined ? '' : `: ${cut(reason, 1000)}`}`);
}

/** Undefined when there is nothing to say yet. */
export function stateLine(request: ApprovalRequest): string | undefined {
  const line = STATE_LINE[request.state](request);
  return line === '' ? undefined : visibleLine(line);
}

const STATE_LINE: { readonly [S in RequestState]: (request: ApprovalRequest) => string } = {
  pending: (request) => [votes(request), escalationLine(request)].filter((line) => line !== undefined).join(' '),
  approved: mayNow,
  denied: stayed,
  released: () => 'It is running.',
  expired: (request) => `Expired. ${stayed(request)}`,
  withdrawn: (request) => `Withdrawn${request.note === undefined ? '' : `: ${request.note}`}. ${stayed(request)}`,
  finished: ({ outcome }) => `It ran${result(outcome)}.`,
  failed: ({ outcome }) => `It failed${result(outcome)}.`,
};

function votes({ decisions, quorum }: ApprovalRequest): string | undefined {
  return decisions.length === 0 ? undefined : `${approversOf(decisions).size} of ${quorum} approvals so far.`;
}

function result(outcome: ApprovalRequest['outcome']): string {
  const parts = [
    outcome?.tag,
    outcome?.rows === undefined ? undefined : `${outcome.rows} rows`,
    outcome?.ms === undefined ? undefined : `${Math.round(outcome.ms)} ms`,
    outcome?.error === undefined ? undefined : cut(outcome.error, 1000),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
