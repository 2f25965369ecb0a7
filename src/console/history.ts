/** /console/history: what has been decided, newest first. */

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { LIKE_REQUEST_ID } from '../approval/ids.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { visibleLine } from '../runtime/visible.ts';
import type { signedIn } from './guard.ts';
import { type Html, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { firstLine, moment, STATE_WORDS, weight } from './words.ts';

const PAGE = 50;

export function historyRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, { desk, clock }: ConsoleParts): void {
  app.get('/history', guard('read'), async (context) => {
    const before = context.req.query('before');
    const known = before !== undefined && LIKE_REQUEST_ID.test(before) ? { before } : {};
    const page = await desk.list({ limit: PAGE, ...known });
    const next = page.length === PAGE ? page.at(-1)?.id : undefined;
    return show(context, { title: 'History', body: table(page.filter(({ state }) => state !== 'pending'), next), visitor: context.get('visitor'), now: clock.now(), live: ['history'] });
  });
}

function table(requests: readonly ApprovalRequest[], next: string | undefined): Html {
  return html`<div id="history">${requests.length === 0 ? html`<p class="quiet">Nothing decided here.</p>` : html`<ol class="requests">${requests.map(item)}</ol>`}
${next === undefined ? '' : html`<p><a rel="next" href="/console/history?before=${next}">Older ones</a></p>`}</div>`;
}

function item(request: ApprovalRequest): Html {
  const { id, agent, database, state, decisions, changedAt, text, unbounded } = request;
  const people = decisions.map(({ person, decision, reason }) => `${decision === 'approve' ? 'approved' : 'denied'} by ${person}${reason === undefined ? '' : `: ${reason.slice(0, 200)}`}`).join('; ');
  return html`<li class="${weight(request)}" id="${id}"><a class="request" href="/console/requests/${id}"><span class="line"><span class="badge ${state}">${STATE_WORDS[state]}</span>
<strong>${visibleLine(agent.name)}</strong> <span class="quiet">on</span> ${visibleLine(database)} <span class="left quiet">${moment(changedAt)}</span></span>
${unbounded ? html`<em class="warning">every row</em>` : ''}<code>${firstLine(text)}</code>${people === '' ? '' : html`<span class="quiet">${visibleLine(people)}</span>`}</a></li>`;
}
