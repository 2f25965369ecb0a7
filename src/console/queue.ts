/** /console: what waits for people, the soonest to expire first, so that new ones come last and nothing moves. */

import type { Hono } from 'hono';
import { html } from 'hono/html';
import { escalatedTo } from '../approval/escalation.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { visibleLine } from '../runtime/visible.ts';
import { type Html, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import type { signedIn } from './guard.ts';
import { effectLine, firstLine, timeLeft, weight } from './words.ts';

const MOST = 200;

export function queueRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, { desk, clock }: ConsoleParts): void {
  app.get('/', guard('read'), async (context) => {
    const pending = (await desk.list({ state: 'pending', limit: MOST })).toSorted((a, b) => a.expiresAt - b.expiresAt || a.createdAt - b.createdAt);
    return show(context, { title: 'Queue', body: list(pending, clock.now()), visitor: context.get('visitor'), now: clock.now(), live: ['queue'], refreshSeconds: 10 });
  });
}

function list(requests: readonly ApprovalRequest[], now: number): Html {
  return html`<div id="queue"><p class="quiet count">${requests.length === 0 ? 'Nothing waits for a decision.' : `${requests.length} waiting`}${requests.length === MOST ? ', more than fit here' : ''}</p>
<ol class="requests">${requests.map((request) => item(request, now))}</ol></div>`;
}

function item(request: ApprovalRequest, now: number): Html {
  const { id, agent, database, effects, tables, rule, expiresAt, unbounded, text } = request;
  const escalated = escalatedTo(request);
  return html`<li class="${weight(request)}" id="${id}" data-state="${request.state}"><a class="request" href="/console/requests/${id}">
<span class="line"><strong>${visibleLine(agent.name)}</strong> <span class="quiet">of ${visibleLine(agent.owner)} on</span> ${visibleLine(database)}
<span class="left"><span class="quiet">left</span> <time data-until="${expiresAt}">${timeLeft(expiresAt, now)}</time></span></span>
<span class="effects">${unbounded ? html`<em class="warning">every row</em> ` : ''}${cut(effects.map(effectLine).join('; ') || 'no effects')}</span>
<code>${firstLine(text)}</code>
<span class="quiet">${tables.length === 0 ? '' : `${cut(tables.map(({ name }) => visibleLine(name)).join(', '))} · `}rule ${visibleLine(rule)}${escalated.length === 0 ? '' : ` · escalated to ${cut(visibleLine(escalated.join(', ')))}`}</span></a></li>`;
}

function cut(text: string): string {
  return text.length > 240 ? `${text.slice(0, 239)}…` : text;
}
