/** /console/agents: who may connect, what they have open, and the switch that stops one at once. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { SessionInfo } from '../api/sessions.ts';
import type { Agent } from '../identity/agent.ts';
import { visibleLine } from '../runtime/visible.ts';
import { PageRefused, type signedIn } from './guard.ts';
import { type Html, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { reasonField, reasonIn } from './reason.ts';
import { sessionFacts, sessionLink } from './session-words.ts';
import type { Visitor } from './visitor.ts';

export function agentRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, parts: ConsoleParts): void {
  app.get('/agents', guard('agents'), (context) => {
    const visitor = context.get('visitor');
    const sessions = visitor.may('sessions') ? parts.sessions.list() : undefined;
    const body = html`<div id="agents">${[...parts.agents().values()].map((agent) => card(agent, parts, visitor, sessions?.filter((one) => one.agent === agent.name)))}</div>`;
    return show(context, { title: 'Agents', body, visitor, now: parts.clock.now() });
  });
  app.post('/agents/:name/freeze', guard('freeze'), async (context) => {
    const reason = reasonIn(await context.req.parseBody());
    await parts.freezer.freeze(known(context, parts), context.get('visitor').person.email, reason);
    return context.redirect('/console/agents', 303);
  });
  app.post('/agents/:name/thaw', guard('freeze'), async (context) => {
    await parts.freezer.thaw(known(context, parts), context.get('visitor').person.email);
    return context.redirect('/console/agents', 303);
  });
}

function known(context: Context<ConsoleEnv>, { agents }: ConsoleParts): string {
  const name = context.req.param('name') ?? '';
  if (!agents().has(name)) throw new PageRefused(404, 'There is no such agent in the configuration.');
  return name;
}

function card(agent: Agent, { freezer }: ConsoleParts, visitor: Visitor, sessions: readonly SessionInfo[] | undefined): Html {
  const frozen = freezer.isFrozen(agent.name);
  const name = visibleLine(agent.name);
  return html`<section class="card" aria-label="Agent ${name}"><h2>${name} ${frozen ? html`<span class="badge denied">frozen</span>` : ''}</h2>
<p class="quiet">owned by ${visibleLine(agent.owner)}${agent.actsFor === undefined ? '' : `, acts for ${visibleLine(agent.actsFor)}`}; databases: ${visibleLine(agent.databases.join(', '))}; groups: ${visibleLine(agent.groups.join(', ')) || 'none'}</p>
${sessions === undefined ? '' : sessions.length === 0 ? html`<p class="quiet">No session is open.</p>` : html`<ul class="sessions">${sessions.map((one) => html`<li>${sessionLink(one.id, visitor)} ${sessionFacts(one)}</li>`)}</ul>`}
${visitor.may('freeze') ? control(agent.name, frozen, visitor.csrf) : ''}</section>`;
}

function control(name: string, frozen: boolean, csrf: string): Html {
  const path = `/console/agents/${encodeURIComponent(name)}`;
  if (frozen) return html`<form method="post" action="${path}/thaw"><input type="hidden" name="csrf" value="${csrf}"><button>Thaw</button></form>`;
  return html`<form class="deny" method="post" action="${path}/freeze"><input type="hidden" name="csrf" value="${csrf}">
${reasonField()}<button>Freeze</button></form>`;
}
