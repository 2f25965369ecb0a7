import { html } from 'hono/html';
import type { SessionInfo } from '../api/sessions.ts';
import { visibleLine } from '../runtime/visible.ts';
import type { Html } from './layout.ts';
import type { ConsoleParts } from './parts.ts';
import type { Visitor } from './visitor.ts';
import { moment } from './words.ts';

/** The session's name, and the way to what it did for who may see that. */
export function sessionLink(id: string, visitor: Visitor): Html {
  const name = html`<code>${visibleLine(id)}</code>`;
  return visitor.may('audit') ? html`<a href="/console/sessions/${encodeURIComponent(id)}">${name}</a>` : name;
}

export function requestLink(id: string): Html {
  return html`<a href="/console/requests/${encodeURIComponent(id)}">${visibleLine(id)}</a>`;
}

/** What an open session does, but for whose it is. */
export function sessionFacts({ database, client, state, statements, startedAt, request }: SessionInfo): Html {
  return html`<span class="badge ${state}">${state}</span> on ${visibleLine(database)} from ${client}, since ${moment(startedAt)}, statements: ${statements}${request === undefined ? '' : html`; waits for ${requestLink(request)}`}`;
}

/** A desk has no agents, and what its journal lacks must not look as if it hadn't happened. */
export function deskNote({ role }: Pick<ConsoleParts, 'role'>): Html | '' {
  if (role !== 'desk') return '';
  return html`<p class="note">This process is a desk: it has no sessions, and its journal has only what people did here. What agents did is in the journals of the proxies (<code>countersign audit search</code> there, or their API).</p>`;
}
