/** One request as one Slack message. Pure: the same request always gives the same message. */

import { escalationLine } from '../../approval/escalation.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { visibleLine } from '../../runtime/visible.ts';
import { cut } from '../../runtime/cut.ts';
import { factsOf, headline, pageOf, reviewLine } from '../facts.ts';
import { decisionLine, stateLine } from '../outcome.ts';
import { buttonValue } from '../press.ts';
import { fields, moment, note, plain, section } from './blocks.ts';
import type { Block, Button } from './blocks.ts';
import { showStatement } from './statement.ts';

export const APPROVE = 'countersign_approve';
export const DENY = 'countersign_deny';
export const FREEZE = 'countersign_freeze';
export const REVIEW = 'countersign_review';

export interface Message {
  /** For notifications and clients without blocks. Our words and configured names only: Slack parses this one as markup. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

export interface MessageOptions {
  /** Leaves the statement out: for when Slack refused the whole message as too long. Then there is no Approve button either. */
  readonly brief?: boolean;
  /** Where people reach the console: `https://countersign.example.com`, no slash at its end. */
  readonly url?: string | undefined;
}

export function messageOf(request: ApprovalRequest, { brief = false, url }: MessageOptions = {}): Message {
  const shown = brief ? { blocks: [], incomplete: 'Slack refused to show it whole.' } : showStatement(request);
  return {
    text: `Countersign: ${escapeMarkup(request.agent.name)} on ${escapeMarkup(request.database)}: ${request.id} is ${request.state}`,
    blocks: [...heading(request), ...shown.blocks, ...ending(request, shown.incomplete, url)],
  };
}

/** What is said in the thread of its message, since a changed message notifies nobody; undefined when there is nothing. */
export function replyOf(request: ApprovalRequest): Message | undefined {
  const line = escalationLine(request);
  return line === undefined ? undefined : { text: escapeMarkup(line), blocks: [section(line)] };
}

/** True when the message for this request may carry an Approve button. */
export function canBeApprovedHere(request: ApprovalRequest): boolean {
  return showStatement(request).incomplete === undefined;
}

function heading(request: ApprovalRequest): Block[] {
  return [section(headline(request)), ...fields(factsOf(request))];
}

function ending(request: ApprovalRequest, incomplete: string | undefined, url: string | undefined): Block[] {
  const id = note(`${request.id}  digest ${request.digest}`);
  if (request.state !== 'pending') return [...outcomeLines(request), id];
  const review = incomplete === undefined ? [] : [section(reviewLine(request, incomplete, url))];
  return [
    ...review,
    ...outcomeLines(request),
    { type: 'actions', block_id: `countersign_${request.id}`, elements: buttons(request, incomplete === undefined, url) },
    moment('Expires', request.expiresAt),
    id,
  ];
}

function outcomeLines(request: ApprovalRequest): Block[] {
  const decisions = request.decisions.flatMap((decision) => [section(decisionLine(decision)), moment('at', decision.at)]);
  const state = stateLine(request);
  return state === undefined ? decisions : [...decisions, section(state), moment('at', request.changedAt)];
}

function buttons(request: ApprovalRequest, whole: boolean, url: string | undefined): Button[] {
  const value = JSON.stringify(buttonValue(request));
  const approve: Button = { type: 'button', action_id: APPROVE, text: plain('Approve'), style: 'primary', value };
  const deny: Button = { type: 'button', action_id: DENY, text: plain('Deny'), style: 'danger', value };
  const freeze: Button = { type: 'button', action_id: FREEZE, text: plain('Freeze agent'), value, confirm: freezing(request) };
  const review: Button[] = url === undefined ? [] : [{ type: 'button', action_id: REVIEW, text: plain('Review in console'), url: pageOf(request, url) }];
  return [...(whole ? [approve] : []), deny, ...review, freeze];
}

/** Slack allows 300 characters for the text. */
function freezing({ agent }: ApprovalRequest): NonNullable<Button['confirm']> {
  const name = cut(visibleLine(agent.name), 100);
  return {
    title: plain('Freeze this agent?'), confirm: plain('Freeze'), deny: plain('Cancel'), style: 'danger',
    text: plain(`${name} loses its sessions at once and can't come back until an administrator thaws it. Only administrators can do this.`),
  };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping, and the formatting characters, so that names stay names. */
export function escapeMarkup(text: string): string {
  return visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/[*_~`]/g, ' ');
}
