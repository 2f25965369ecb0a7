/** /console/sessions: who is connected, the end of it, and who was. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { endedBy } from '../api/live-sessions.ts';
import type { SessionInfo } from '../api/sessions.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { SearchQuery } from '../audit/query.ts';
import { Failure } from '../runtime/failure.ts';
import { visibleLine } from '../runtime/visible.ts';
import { PageRefused, type signedIn } from './guard.ts';
import { type Html, refusal, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { reasonField, reasonIn } from './reason.ts';
import { deskNote, sessionFacts, sessionLink } from './session-words.ts';
import type { Visitor } from './visitor.ts';
import { moment } from './words.ts';

/** Sessions come, work and go without an event. */
const RENEW_SECONDS = 5;

export function sessionRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, parts: ConsoleParts): void {
  app.get('/sessions', guard('sessions'), async (context) => {
    const visitor = context.get('visitor');
    const after = context.req.query('after');
    const body = html`${deskNote(parts)}${after === undefined ? open(parts, visitor) : ''}${visitor.may('audit') ? await begun(parts, visitor, after) : ''}`;
    return show(context, { title: 'Sessions', body, visitor, now: parts.clock.now(), ...(after === undefined && { live: ['open', 'begun'], renewSeconds: RENEW_SECONDS }) });
  });
  app.get('/sessions/:id/kill', guard('kill'), (context) => {
    const visitor = context.get('visitor');
    return show(context, { title: 'Kill a session', body: confirmation(known(context, parts), visitor), visitor, now: parts.clock.now() });
  });
  app.post('/sessions/:id/kill', guard('kill'), async (context) => {
    const { id } = known(context, parts);
    const reason = reasonIn(await context.req.parseBody());
    if (!(await parts.sessions.kill(id, endedBy(context.get('visitor').person.email, reason)))) throw notOpen();
    return context.redirect('/console/sessions', 303);
  });
}

function known(context: Context<ConsoleEnv>, { sessions }: ConsoleParts): SessionInfo {
  const session = sessions.get(context.req.param('id') ?? '');
  if (session === undefined) throw notOpen();
  return session;
}

const notOpen = (): PageRefused => new PageRefused(404, 'There is no such session open here.', 'It may have ended by itself; other replicas list their own.');

function open({ sessions }: ConsoleParts, visitor: Visitor): Html {
  const list = sessions.list();
  return html`<section id="open" aria-labelledby="open-title"><h2 id="open-title">Open</h2><p class="quiet count">${list.length === 0 ? 'No session is open here.' : `${list.length} at this process`}</p>
<ol class="requests">${list.map((session) => openItem(session, visitor))}</ol></section>`;
}

function openItem(session: SessionInfo, visitor: Visitor): Html {
  const kill = visitor.may('kill') ? html`<a class="button plain left" href="/console/sessions/${encodeURIComponent(session.id)}/kill">Kill …</a>` : '';
  return html`<li id="${session.id}" class="session${session.state === 'held' ? ' changing' : ''}"><div>${whose(session)}</div>
<div class="line"><span>${sessionLink(session.id, visitor)} ${sessionFacts(session)}</span> ${kill}</div></li>`;
}

const whose = ({ agent, owner }: { readonly agent: string; readonly owner?: string | undefined }): Html => html`<strong>${visibleLine(agent)}</strong>${owner === undefined ? '' : html` <span class="quiet">of ${visibleLine(owner)}</span>`}`;

function confirmation(session: SessionInfo, { csrf }: Visitor): Html {
  return html`<section class="card"><h2>${whose(session)}</h2><p>${sessionFacts(session)}</p>
<p>What runs is cancelled, what is held is withdrawn, and an open transaction is rolled back. The agent may connect again: to stop it, <a href="/console/agents">freeze it</a>.</p>
<form class="deny" method="post" action="/console/sessions/${encodeURIComponent(session.id)}/kill"><input type="hidden" name="csrf" value="${csrf}">
${reasonField('Reason (recorded)')}<button>Kill</button></form><p><a href="/console/sessions">Back, without killing it</a></p></section>`;
}

/** From the index: the journal itself is only read from its beginning on. */
async function begun({ audit, sessions }: ConsoleParts, visitor: Visitor, after: string | undefined): Promise<Html> {
  const query = SearchQuery.safeParse({ kind: 'session.start', ...(after !== undefined && { after }) });
  if (!query.success) throw new PageRefused(400, 'There is no such page of sessions.');
  try {
    const { entries, next } = await audit.search(query.data);
    return section(html`${entries.length === 0 ? html`<p class="quiet">None is in the journal.</p>` : html`<ol class="requests">${entries.map((entry) => begunItem(entry, visitor, entry.session !== undefined && sessions.get(entry.session) !== undefined))}</ol>`}
${next === undefined ? '' : html`<p><a rel="next" href="/console/sessions?after=${next}">Older ones</a></p>`}`);
  } catch (error) {
    // Whoever must end a session now needs no index for it.
    if (error instanceof Failure && error.code === 'unavailable') return section(refusal(error.message, error.hint));
    throw error;
  }
}

const section = (body: Html): Html => html`<section id="begun" aria-labelledby="begun-title"><h2 id="begun-title">In the journal</h2>${body}</section>`;

function begunItem({ sequence, session = '', agent = '', owner, database = '', client = '', time }: AuditEntry, visitor: Visitor, isOpen: boolean): Html {
  return html`<li id="e${sequence}" class="session"><div class="line"><span>${whose({ agent, owner })} <span class="quiet">on</span> ${visibleLine(database)}${isOpen ? html` <span class="badge approved">open</span>` : ''}</span> <span class="left quiet">${moment(Date.parse(time))}</span></div>
<p>${sessionLink(session, visitor)} <span class="quiet">from ${visibleLine(client)}</span></p></li>`;
}
