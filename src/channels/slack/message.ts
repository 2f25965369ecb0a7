/** One request as one Slack message. Pure: the same request always gives the same message. */

import type { ApprovalRequest } from '../../approval/request.ts';
import { view } from '../../approval/view.ts';
import type { EffectUse, TableUse } from '../../sql/facts.ts';
import { visibleLine } from '../../runtime/visible.ts';
import { effectWords } from '../effect-words.ts';
import { cut, fields, moment, note, plain, section } from './blocks.ts';
import type { Block, Button } from './blocks.ts';
import { outcomeLines } from './outcome.ts';
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

/** What a button carries: which request, what it is bound to, and what was shown. */
export interface ButtonValue {
  readonly request: string;
  readonly digest: string;
  readonly view: string;
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

/** True when the message for this request may carry an Approve button. */
export function canBeApprovedHere(request: ApprovalRequest): boolean {
  return showStatement(request).incomplete === undefined;
}

function heading(request: ApprovalRequest): Block[] {
  return [section(visibleLine(`${request.agent.name} asks to run a statement on ${request.database}`)), ...fields(factsOf(request))];
}

/** What is shown beside the statement, as label and visible text. */
export function factsOf(request: ApprovalRequest): (readonly [label: string, value: string])[] {
  const { agent, database, protocol, rule, reason, transaction } = request;
  const facts: [string, string][] = [
    ['Agent', visibleLine(`${agent.name}, owned by ${agent.owner}${agent.actsFor === undefined ? '' : `, acting for ${agent.actsFor}`}`)],
    ['Database', visibleLine(`${database} (${protocol})`)],
    ['Effects', effectsLine(request.effects) + (request.unbounded ? '\nWITHOUT a WHERE: every row' : '')],
    ['Tables', tablesLine(request.tables)],
    ...(request.estimatedRows === undefined ? [] : [['Rows', `about ${request.estimatedRows}, as the database guesses`] satisfies [string, string]]),
    ['Rule', visibleLine(`${rule}: ${reason}`)],
    ['Who may decide', whoLines(request)],
  ];
  if (request.masked !== undefined) facts.push(['Masked columns', visibleLine(request.masked.join(', '))]);
  if (request.forms !== undefined) facts.push(['Masks', `masked columns are read as masks; \`countersign requests show ${request.id}\` shows what runs`]);
  if (transaction.open) facts.push(['Transaction', `open for ${Math.round(transaction.ageMs / 1000)} s; its locks wait too`]);
  return [...facts, ...said(request.context)];
}

/** What agents may say of themselves, under the names they use for it (SQL comment tags, settings, connection attributes). The first one there counts. */
const SAID: readonly (readonly [label: string, ...names: string[]])[] = [
  ['Purpose', 'purpose', 'countersign.purpose', 'countersign.reason', 'reason'],
  ['Model', 'model', 'countersign.model'],
  ['Run', 'run_id', 'countersign.run_id', 'run'],
];

/** Believed by nobody, and marked so. */
function said(context: ApprovalRequest['context']): [string, string][] {
  const rest = new Map(Object.entries(context));
  const named = SAID.flatMap(([label, ...names]): [string, string][] => {
    const name = names.find((one) => rest.has(one));
    if (name === undefined) return [];
    const value = visibleLine(rest.get(name) ?? '');
    rest.delete(name);
    return [[`${label}, as the agent says`, cut(value, 500)]];
  });
  const others = [...rest].map(([name, value]) => visibleLine(`${name}: ${value}`)).join('\n');
  return others === '' ? named : [...named, ['The agent says', cut(others, 500)]];
}

function whoLines({ quorum, approvers, escalation, breakGlass }: ApprovalRequest): string {
  const lines = [`${quorum === 1 ? 'one' : quorum} of ${approvers.join(', ')}`];
  if (escalation !== undefined) lines.push(`from ${new Date(escalation.at).toISOString().slice(11, 16)} UTC on also of ${escalation.approvers.join(', ')}`);
  if (breakGlass !== undefined) lines.push(`one of ${breakGlass.join(', ')} alone in an emergency, in the console or the CLI`);
  return lines.map(visibleLine).join('\n');
}

function ending(request: ApprovalRequest, incomplete: string | undefined, url: string | undefined): Block[] {
  const id = note(`${request.id}  digest ${request.digest}`);
  if (request.state !== 'pending') return [...outcomeLines(request), id];
  const review = incomplete === undefined ? [] : [section(`${incomplete} Review ${url === undefined ? '' : 'in the console, or '}with: countersign requests show ${request.id}`)];
  return [
    ...review,
    ...outcomeLines(request),
    { type: 'actions', block_id: `countersign_${request.id}`, elements: buttons(request, incomplete === undefined, url) },
    moment('Expires', request.expiresAt),
    id,
  ];
}

function buttons(request: ApprovalRequest, whole: boolean, url: string | undefined): Button[] {
  const value = JSON.stringify({ request: request.id, digest: request.digest, view: view(request) } satisfies ButtonValue);
  const approve: Button = { type: 'button', action_id: APPROVE, text: plain('Approve'), style: 'primary', value };
  const deny: Button = { type: 'button', action_id: DENY, text: plain('Deny'), style: 'danger', value };
  const freeze: Button = { type: 'button', action_id: FREEZE, text: plain('Freeze agent'), value, confirm: freezing(request) };
  const review: Button[] = url === undefined ? [] : [{ type: 'button', action_id: REVIEW, text: plain('Review in console'), url: `${url}/console/requests/${request.id}` }];
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

function effectsLine(effects: readonly EffectUse[]): string {
  return effects.map((use) => visibleLine(effectWords(use))).join('\n') || 'none';
}

function tablesLine(tables: readonly TableUse[]): string {
  const how = ({ read, written }: TableUse) => [read ? 'read' : '', written ? 'written' : ''].filter((part) => part !== '').join(' and ');
  return tables.map((table) => visibleLine(`${table.name} (${how(table)}${table.known ? '' : ', not in the catalog'})`)).join('\n') || 'none';
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping, and the formatting characters, so that names stay names. */
export function escapeMarkup(text: string): string {
  return visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/[*_~`]/g, ' ');
}
