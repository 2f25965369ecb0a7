/** /console/requests/ID: all of one request, and the decision about exactly what the page shows. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { DecisionRefused } from '../approval/failures.ts';
import { MAX_REASON } from '../approval/request.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { view } from '../approval/view.ts';
import { mayDecide } from '../approval/desk-rules.ts';
import { escalationLine, laterApprovers } from '../approval/escalation.ts';
import { LIKE_REQUEST_ID } from '../approval/ids.ts';
import { rowsLine } from '../approval/words.ts';
import { approversOf } from '../approval/voters.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';
import { type FactRow, factList } from './fact-list.ts';
import { PageRefused, type signedIn } from './guard.ts';
import { type Html, refusal, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { parameters, statement } from './statement.ts';
import type { Visitor } from './visitor.ts';
import { becameLine, effectLine, moment, STATE_WORDS, tableWords, timeLeft, weight } from './words.ts';

export function requestRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, parts: ConsoleParts): void {
  app.get('/requests/:id', guard('read'), async (context) => page(context, parts, await found(parts, context.req.param('id'))));
  app.post('/requests/:id/decision', guard('decide'), (context) => decide(context, parts, context.req.param('id')));
}

async function found({ desk }: ConsoleParts, id: string): Promise<ApprovalRequest> {
  const request = LIKE_REQUEST_ID.test(id) ? await desk.get(id) : undefined;
  if (request === undefined) throw new PageRefused(404, 'There is no such request.', 'Requests are kept for a week after their end; the journal has the older ones.');
  return request;
}

async function decide(context: Context<ConsoleEnv>, parts: ConsoleParts, id: string): Promise<Response> {
  await found(parts, id);
  const { decision, reason, seen, glass } = await context.req.parseBody();
  if ((decision !== 'approve' && decision !== 'deny') || typeof seen !== 'string' || typeof reason !== 'string' || reason.length > MAX_REASON) {
    throw new PageRefused(400, `The form is not complete, or the reason is longer than ${MAX_REASON} characters.`, 'Go back and try again.');
  }
  try {
    await parts.desk.decide(id, { decision, person: context.get('visitor').person, channel: 'console', seen, ...(reason.trim() !== '' && { reason: reason.trim() }), ...(glass === 'break' && { breakGlass: true }) });
  } catch (error) {
    if (!(error instanceof DecisionRefused)) throw error;
    return page(context, parts, await found(parts, id), error);
  }
  return context.redirect(`/console/requests/${id}`, 303);
}

function page(context: Context<ConsoleEnv>, { clock }: ConsoleParts, request: ApprovalRequest, refused?: Failure): Response | Promise<Response> {
  const visitor = context.get('visitor');
  const now = clock.now();
  return show(context, {
    title: `${visibleLine(request.agent.name)} on ${visibleLine(request.database)}`, visitor, now, live: ['state', 'decide'], ...(refused !== undefined && { status: 409 }),
    body: html`${refused === undefined ? '' : refusal(refused.message, refused.hint)}
<article class="${weight(request)}" data-request="${request.id}">
${state(request, now)}
${request.unbounded ? html`<p class="refusal"><strong>Without a WHERE: every row.</strong></p>` : ''}
<section aria-labelledby="does"><h2 id="does">What it does</h2><ul class="effects">${request.effects.map((use) => html`<li>${effectLine(use)}</li>`)}</ul></section>
${statement('Statement', request.text)}
${parameters(request.parameters ?? [])}
${(request.forms ?? []).map((form, index) => statement(`Runs in its place, with masks (${index + 1} of ${request.forms?.length ?? 0})`, form))}
${decisionForms(request, visitor, now)}
${facts(request)}
</article>`,
  });
}

function state(request: ApprovalRequest, now: number): Html {
  const { decisions, expiresAt, quorum } = request;
  const escalated = escalationLine(request);
  return html`<section id="state" aria-label="State"><p class="state ${request.state}"><strong>${STATE_WORDS[request.state]}</strong> ${becameLine(request)}
${request.state === 'pending' ? html`<span class="left"><time data-until="${expiresAt}">${timeLeft(expiresAt, now)}</time> left</span>` : ''}</p>
${request.state === 'pending' && quorum > 1 ? html`<p>${approversOf(decisions).size} of ${quorum} approvals so far.</p>` : ''}
${escalated === undefined ? '' : html`<p>${escalated}</p>`}
${decisions.length === 0 ? '' : html`<ul>${decisions.map((one) => html`<li>${one.breakGlass === true ? html`<strong>The glass was broken.</strong> Approved alone` : one.decision === 'approve' ? 'Approved' : 'Denied'} by ${visibleLine(one.person)} (${visibleLine(one.channel)}) at ${moment(one.at)}${one.reason === undefined ? '' : `: ${visibleLine(one.reason)}`}</li>`)}</ul>`}</section>`;
}

function decisionForms(request: ApprovalRequest, visitor: Visitor, now: number): Html {
  if (request.state !== 'pending') return html`<section id="decide" hidden></section>`;
  const mayBreak = whyNot(request, visitor, { decision: 'approve', breakGlass: true, reason: 'to be given', at: now }) === undefined;
  const why = whyNot(request, visitor, { decision: 'deny', at: now });
  const note = why === undefined ? '' : html`<p class="note">${visibleLine(why)}</p>`;
  if (why !== undefined && !mayBreak) return html`<section id="decide" aria-label="Decision">${note}</section>`;
  const seen = view(request);
  const hidden = (decision: 'approve' | 'deny'): Html => html`<input type="hidden" name="csrf" value="${visitor.csrf}"><input type="hidden" name="seen" value="${seen}"><input type="hidden" name="decision" value="${decision}">`;
  const glass = mayBreak ? breakingForm(request, hidden) : '';
  if (why !== undefined) return html`<section id="decide" aria-label="Decision">${note}${glass}</section>`;
  const form = (decision: 'approve' | 'deny', label: string): Html => html`<form class="${decision}" method="post" action="/console/requests/${request.id}/decision">
${hidden(decision)}
<label>Reason (${decision === 'deny' ? 'the agent is told' : 'optional'})<input name="reason" id="${decision}-reason" maxlength="${MAX_REASON}" autocomplete="off"></label><button id="${decision}">${label}</button></form>`;
  return html`<section id="decide" aria-label="Decision">${form('approve', 'Approve')}${form('deny', 'Deny')}${glass}</section>`;
}

/** Folded away, so that nobody presses it in passing. */
function breakingForm({ id }: ApprovalRequest, hidden: (decision: 'approve') => Html): Html {
  return html`<details class="glass"><summary>In an emergency: break the glass</summary><form class="deny" method="post" action="/console/requests/${id}/decision">
${hidden('approve')}<input type="hidden" name="glass" value="break">
<label>Why it can't wait (recorded, and shown to everybody)<input name="reason" id="glass-reason" maxlength="${MAX_REASON}" autocomplete="off" required></label><button id="glass">Approve alone</button></form></details>`;
}

/** Why this person has no buttons; undefined when they have. The desk has the last word. */
function whyNot(request: ApprovalRequest, visitor: Visitor, by: Parameters<typeof mayDecide>[2]): string | undefined {
  try {
    mayDecide(request, visitor.person, by);
  } catch (error) {
    if (error instanceof Failure) return [error.message, error.hint].join(' ');
    throw error;
  }
  return visitor.may('decide') ? undefined : 'The token you signed in by may not decide (scope requests:decide).';
}

function whoMay(request: ApprovalRequest): string[] {
  const { quorum, approvers, breakGlass } = request;
  return [
    `${quorum} of ${approvers.join(', ')}`,
    ...laterApprovers(request, moment),
    ...(breakGlass === undefined ? [] : [`one of ${breakGlass.join(', ')} alone in an emergency`]),
  ];
}

function facts(request: ApprovalRequest): Html {
  const { agent, transaction } = request;
  const rows: readonly FactRow[] = [
    ['Agent', [`${agent.name}, owned by ${agent.owner}${agent.actsFor === undefined ? '' : `, acting for ${agent.actsFor}`}`]],
    ['Database', [`${request.database} (${request.protocol})`]],
    ['Tables', request.tables.map(tableWords)],
    ['Rule', [`${request.rule}: ${request.reason}`]],
    ['Masked columns', request.masked ?? []],
    ['Rows', [rowsLine(request)]],
    ['Who may decide', whoMay(request)],
    ['Transaction', [transaction.open ? `open for ${Math.round(transaction.ageMs / 1000)} s; its locks wait too` : 'none is open']],
    ['The agent says', Object.entries(request.context).map(([name, value]) => `${name}: ${value}`)],
    ['Asked', [moment(request.createdAt)]],
    ['Until', [moment(request.expiresAt)]],
    ['Request', [request.id]],
    ['Session', [request.session]],
    ['Digest', [request.digest]],
    ['Policy', [request.policy]],
  ];
  return html`<section aria-labelledby="facts"><h2 id="facts">Facts</h2>${factList(rows)}</section>`;
}
