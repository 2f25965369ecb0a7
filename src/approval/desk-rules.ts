import { sameEmail } from '../identity/email.ts';
import type { Person } from '../identity/person.ts';
import type { Decide } from './desk.ts';
import { approversAt } from './escalation.ts';
import { DecisionRefused } from './failures.ts';
import type { ApprovalRequest, RequestState } from './request.ts';
import { view } from './view.ts';
import { stayed } from './words.ts';
import { approversOf } from './voters.ts';

/** A press, as far as the rules about people look at it. */
interface Pressed extends Pick<Decide, 'decision' | 'reason' | 'breakGlass'> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Who may decide about a request. Pure. Throws DecisionRefused.
 * @param person as the directory knows them now; undefined when it doesn't.
 */
export function mayDecide(request: ApprovalRequest, person: Person | undefined, by: Pressed): asserts person is Person {
  if (person === undefined) throw new DecisionRefused('not_an_approver', 'You are not among the people in the configuration.', 'Ask an operator to add you.');
  const { owner, actsFor, name } = request.agent;
  if (sameEmail(person.email, owner)) {
    throw new DecisionRefused('self_approval', `You own the agent ${name}, so somebody else has to decide.`, whoMay(request));
  }
  if (actsFor !== undefined && sameEmail(person.email, actsFor)) {
    throw new DecisionRefused('self_approval', `The agent ${name} acts for you, so somebody else has to decide.`, whoMay(request));
  }
  if (!person.roles.includes('approver')) {
    throw new DecisionRefused('not_an_approver', 'You do not have the role approver. No other role allows decisions, admin included.', whoMay(request));
  }
  if (by.breakGlass === true) return mayBreakGlass(request, person, by);
  if (!isIn(person, approversAt(request, by.at))) {
    throw new DecisionRefused('not_an_approver', `You are in none of the groups that decide about this: ${approversAt(request, by.at).join(', ')}.`, whoMay(request));
  }
}

function mayBreakGlass(request: ApprovalRequest, person: Person, { decision, reason }: Pressed): void {
  const { breakGlass = [] } = request;
  if (decision !== 'approve') throw new DecisionRefused('not_an_approver', 'The glass is broken to approve; to deny, decide as usual.', whoMay(request));
  if (!isIn(person, breakGlass)) {
    const who = breakGlass.length === 0 ? 'Nobody may break the glass for this: its rule names no group that could.' : `You are in none of the groups that may break the glass for this: ${breakGlass.join(', ')}.`;
    throw new DecisionRefused('not_an_approver', who, whoMay(request));
  }
  if (reason === undefined || reason.trim() === '') throw new DecisionRefused('reason_required', 'Breaking the glass needs a reason; it is recorded and shown to everybody.', 'Say why it can\'t wait.');
}

const isIn = (person: Person, groups: readonly string[]): boolean => person.groups.some((group) => groups.includes(group));

/** Whether it can still be decided, by what was read just now; the store has the last word. Throws DecisionRefused. */
export function canBeDecided(request: ApprovalRequest, by: Pick<Decide, 'decision' | 'person' | 'seen' | 'breakGlass'>): void {
  if (request.state !== 'pending') throw overAlready(request);
  if (by.decision === 'approve' && by.breakGlass !== true && request.decisions.some((one) => one.decision === 'approve' && sameEmail(one.person, by.person.email))) throw alreadyVoted(request);
  if (by.seen !== undefined && by.seen !== view(request)) {
    throw new DecisionRefused('incomplete_view', 'What you were shown is not the whole of what would run.', 'Open the request in the console and decide there.');
  }
}

export function notFound(id: string): DecisionRefused {
  return new DecisionRefused('not_found', `There is no request ${id}.`, 'Requests are kept for a week after their end; the journal has the older ones.');
}

export function alreadyVoted({ quorum, decisions }: ApprovalRequest): DecisionRefused {
  return new DecisionRefused('already_voted', `You have approved this already; ${approversOf(decisions).size} of ${quorum} people have so far.`, 'Somebody else has to approve it too. You can still deny it.');
}

export function overAlready(request: ApprovalRequest): DecisionRefused {
  if (request.state === 'expired') {
    return new DecisionRefused('expired', `This request expired${at(request.expiresAt)}. ${stayed(request)}`, 'The agent can send the statement again.');
  }
  return new DecisionRefused('already_decided', `Too late: this request ${PAST[request.state]}${by(request)}.`);
}

const PAST: { readonly [S in RequestState]: string } = {
  pending: 'has just been decided',
  approved: 'was approved', released: 'was approved and released', finished: 'was approved and the statement has run',
  failed: 'was approved and the statement has failed', denied: 'was denied', withdrawn: 'was withdrawn, as the agent no longer waits', expired: 'has expired',
};

function by({ decisions, state }: ApprovalRequest): string {
  const decision = decisions.findLast((one) => (one.decision === 'deny') === (state === 'denied'));
  return decision && state !== 'withdrawn' ? ` by ${decision.person}` : '';
}

function at(time: number): string {
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? ` at ${new Date(time).toISOString()}` : '';
}

function whoMay({ approvers, escalation }: ApprovalRequest): string {
  const later = escalation === undefined ? '' : ` From ${new Date(escalation.at).toISOString()} on, so can those in ${escalation.approvers.join(' or ')}.`;
  return `Approvers in ${approvers.join(' or ')} can decide.${later}`;
}
