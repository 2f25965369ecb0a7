/**
 * One request as one Adaptive Card. Pure. What agents wrote goes only into text runs, where Adaptive Cards know no markdown
 * (https://adaptivecards.io/explorer/TextRun.html), one block a line, since clients fold line ends and runs of spaces.
 */

import { MAX_REASON } from '../../approval/request.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { parameterLines, visibleLine } from '../../runtime/visible.ts';
import { cut, wholeCharacters } from '../../runtime/cut.ts';
import { factsOf, headline, pageOf, reviewLine } from '../facts.ts';
import { decisionLine, stateLine } from '../outcome.ts';
import { buttonValue } from '../press.ts';

export const APPROVE = 'countersign_approve';
export const DENY = 'countersign_deny';
/** Id of the input for it. */
export const REASON = 'reason';

export type Element = Readonly<Record<string, unknown>>;

export interface Card {
  readonly type: 'AdaptiveCard';
  readonly $schema: string;
  readonly version: '1.5';
  readonly body: readonly Element[];
  readonly actions: readonly Element[];
}

/** Teams takes messages of about 28 KB, the card and what surrounds it. Bytes of the card as JSON in UTF-8. */
const MAX_BYTES = 24_000;
const MAX_LINES = 150;
const MAX_FACT = 400;
/** The same beside a statement that isn't whole: such a card always fits. */
const SHORT_FACT = 150;
const SAMPLE = 500;

/** @param url where people reach the console, no slash at its end */
export function cardOf(request: ApprovalRequest, url?: string): Card {
  const reason = whyIncomplete(request, url);
  return reason === undefined ? made(request, url, wholeStatement(request)) : made(request, url, sample(request), reason);
}

/** True when the card for this request may carry an Approve button. */
export function canBeApprovedHere(request: ApprovalRequest, url?: string): boolean {
  return whyIncomplete(request, url) === undefined;
}

function whyIncomplete(request: ApprovalRequest, url: string | undefined): string | undefined {
  const text = request.text + parameterLines(request.parameters ?? []);
  const lines = text.split('\n').length;
  if (lines > MAX_LINES) return `It has ${lines} lines; up to ${MAX_LINES} can be shown whole in Teams.`;
  if (/&#?\w+;/.test(text)) return 'It contains a character entity (such as "&lt;"), which Teams may show as another character.';
  if (text.includes('{{')) return 'It contains "{{", with which Adaptive Cards begin a date, so Teams may show other text.';
  const bytes = text.length > MAX_BYTES ? text.length : Buffer.byteLength(JSON.stringify(made(request, url, wholeStatement(request))));
  return bytes > MAX_BYTES ? `The card would have ${bytes} bytes; up to ${MAX_BYTES} can be shown whole in Teams.` : undefined;
}

function made(request: ApprovalRequest, url: string | undefined, statement: readonly Element[], incomplete?: string): Card {
  const pending = request.state === 'pending';
  const most = incomplete === undefined ? MAX_FACT : SHORT_FACT;
  const review = incomplete === undefined || !pending ? [] : [line(reviewLine(request, incomplete, url))];
  return {
    type: 'AdaptiveCard', $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', version: '1.5',
    body: [
      line(cut(headline(request), most), { weight: 'Bolder' }),
      ...factsOf(request).map(([label, value]) => fact(label, cut(value, most))),
      ...statement,
      ...review,
      ...outcomeLines(request).slice(-12).map((text) => line(cut(text, most))),
      ...(pending ? [expires(request.expiresAt)] : []),
      line(`${request.id}  digest ${request.digest}`, { isSubtle: true }),
    ],
    actions: pending ? actions(request, incomplete === undefined, url) : [],
  };
}

function actions(request: ApprovalRequest, whole: boolean, url: string | undefined): Element[] {
  const data = buttonValue(request);
  const approve = { type: 'Action.Execute', title: 'Approve', style: 'positive', verb: APPROVE, data, associatedInputs: 'none' };
  const input = { type: 'Input.Text', id: REASON, label: 'Reason (the agent is told)', isMultiline: true, isRequired: true, maxLength: MAX_REASON, errorMessage: 'Say why; the agent is told.' };
  const deny = {
    type: 'Action.ShowCard', title: 'Deny',
    card: { type: 'AdaptiveCard', version: '1.5', body: [input], actions: [{ type: 'Action.Execute', title: 'Deny', style: 'destructive', verb: DENY, data }] },
  };
  const review = url === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Review in console', url: pageOf(request, url) }];
  return [...(whole ? [approve] : []), deny, ...review];
}

function outcomeLines(request: ApprovalRequest): string[] {
  const decisions = request.decisions.map((decision) => `${decisionLine(decision)}, at ${new Date(decision.at).toISOString()}`);
  const state = stateLine(request);
  return state === undefined ? decisions : [...decisions, state];
}

function wholeStatement(request: ApprovalRequest): Element[] {
  const parameters = request.parameters ?? [];
  const lines = request.text.split('\n');
  return [
    line(`The statement: ${request.text.length} characters, ${lines.length} lines, all shown here.`, { weight: 'Bolder' }),
    ...lines.map(code),
    ...(parameters.length === 0 ? [] : [line(`Its ${parameters.length} parameters:`, { weight: 'Bolder' }), ...parameterLines(parameters).split('\n').map(code)]),
  ];
}

function sample({ text }: ApprovalRequest): Element[] {
  const start = (text.length > SAMPLE ? wholeCharacters(text, SAMPLE) : text).split('\n').slice(0, 20);
  return [line('Only the beginning of the statement:', { weight: 'Bolder' }), ...start.map(code), line('… the rest is not shown here.')];
}

/** A client may fold spaces: those that follow another, or begin the line, become no-break spaces (a real one is shown as ⟦U+00A0⟧). */
function code(text: string): Element {
  return line(visibleLine(text).replaceAll(/(?<=^| ) /g, '\u00a0') || '\u00a0', { fontType: 'Monospace' });
}

function line(text: string, style: Element = {}): Element {
  return { type: 'RichTextBlock', spacing: 'None', inlines: [run(text, style)] };
}

function fact(label: string, value: string): Element {
  return { type: 'RichTextBlock', spacing: 'Small', inlines: [run(`${label}: `, { weight: 'Bolder' }), run(value.replaceAll('\n', '; '))] };
}

/** Dates between double braces are replaced in runs, too; outside the statement a space keeps them as they are. */
function run(text: string, style: Element = {}): Element {
  return { type: 'TextRun', text: style['fontType'] === 'Monospace' ? text : text.replaceAll('{{', '{ {'), ...style };
}

/** Shown in each reader's own time zone. https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
function expires(at: number): Element {
  const moment = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return { type: 'TextBlock', isSubtle: true, wrap: true, text: `Expires {{DATE(${moment},SHORT)}} {{TIME(${moment})}} (${moment})` };
}
