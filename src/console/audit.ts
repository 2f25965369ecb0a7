/** /console/audit: a search of what happened, and each entry of it, whole. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { AuditEntry } from '../audit/entry.ts';
import { entryFacts, entrySaid, entryWho } from '../audit/entry-words.ts';
import { BadSearch } from '../audit/failures.ts';
import { SearchQuery } from '../audit/query.ts';
import type { SearchPage } from '../audit/search.ts';
import { visibleLine } from '../runtime/visible.ts';
import { effectWords } from '../sql/effect-words.ts';
import { factList } from './fact-list.ts';
import { PageRefused, type signedIn } from './guard.ts';
import { type Html, refusal, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { type Asked, searchForm } from './search-form.ts';
import { deskNote, requestLink, sessionLink } from './session-words.ts';
import { parameters, statement } from './statement.ts';
import type { Visitor } from './visitor.ts';
import { firstLine, moment, tableWords } from './words.ts';

export function auditRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, parts: ConsoleParts): void {
  app.get('/audit', guard('audit'), (context) => search(context, parts));
  app.get('/audit/:sequence', guard('audit'), async (context) => {
    const visitor = context.get('visitor');
    const found = await entryAt(parts, context.req.param('sequence'));
    return show(context, { title: `Entry ${found.sequence}`, body: html`${deskNote(parts)}${whole(found, visitor)}`, visitor, now: parts.clock.now() });
  });
}

async function search(context: Context<ConsoleEnv>, parts: ConsoleParts): Promise<Response> {
  const asked = askedIn(context);
  const { problems, page } = await answer(asked, parts);
  const visitor = context.get('visitor');
  const body = html`${deskNote(parts)}${searchForm(asked)}${problems.map((problem) => refusal(problem))}${page === undefined ? '' : results(page, asked, visitor)}`;
  return show(context, { title: 'Audit', body, visitor, now: parts.clock.now(), ...(problems.length > 0 && { status: 400 }) });
}

/** A form sends its empty fields, too. */
function askedIn(context: Context<ConsoleEnv>): Asked {
  return Object.fromEntries(Object.entries(context.req.query()).map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''));
}

async function answer(asked: Asked, { audit }: ConsoleParts): Promise<{ readonly problems: readonly string[]; readonly page?: SearchPage }> {
  const query = SearchQuery.safeParse(asked);
  if (!query.success) return { problems: query.error.issues.map(({ path: [name], message }) => `${name === undefined ? '' : `${String(name)}: `}${message}.`) };
  try {
    return { problems: [], page: await audit.search(query.data) };
  } catch (error) {
    if (error instanceof BadSearch) return { problems: [`${error.message} ${error.hint ?? ''}`] };
    throw error;
  }
}

function results({ entries, next, unknown = [], complete }: SearchPage, asked: Asked, visitor: Visitor): Html {
  return html`<section aria-labelledby="found"><h2 id="found">Found, newest first</h2>
${complete ? '' : html`<p class="note">The index doesn't reach to the end of the journal yet: the newest may be missing. Search again in a moment.</p>`}
${unknown.map((filter) => html`<p class="note">The journal knows no ${visibleLine(filter)}.</p>`)}
${entries.length === 0 ? html`<p class="quiet">Nothing was found.</p>` : html`<ol class="requests">${entries.map((entry) => item(entry, visitor))}</ol>`}
${next === undefined ? '' : html`<p><a rel="next" href="/console/audit?${String(new URLSearchParams({ ...asked, after: next }))}">Older ones</a></p>`}</section>`;
}

function item(entry: AuditEntry, visitor: Visitor): Html {
  const { sequence, kind, time, text, verdict } = entry;
  return html`<li id="e${sequence}" class="${weightOf(entry)}"><a class="request" href="/console/audit/${sequence}"><span class="line"><span class="badge ${verdict === 'deny' ? 'denied' : verdict === 'hold' ? 'held' : ''}">${kind}</span>
<strong>${visibleLine(entryWho(entry))}</strong> <span class="left quiet">${moment(Date.parse(time))}</span></span>
${text === undefined ? '' : html`<code>${firstLine(text)}</code>`}<span class="quiet">${visibleLine(entrySaid(entry))}</span></a>${links(entry, visitor)}</li>`;
}

function links({ session, request }: AuditEntry, visitor: Visitor): Html | '' {
  if (session === undefined && request === undefined) return '';
  return html`<p class="links quiet">${session === undefined ? '' : html`session ${sessionLink(session, visitor)} `}${request === undefined ? '' : html`request ${requestLink(request.id)}`}</p>`;
}

function weightOf({ fate, kind, outcome, verdict }: AuditEntry): 'grave' | 'changing' | 'calm' {
  if (fate === 'refused' || kind === 'refused' || kind === 'login.refused' || outcome?.error !== undefined) return 'grave';
  return verdict === 'hold' ? 'changing' : 'calm';
}

/** A search's first entry after the place of the next one is the one. */
async function entryAt({ audit }: ConsoleParts, given: string): Promise<AuditEntry> {
  const sequence = /^\d{1,15}$/.test(given) ? Number(given) : undefined;
  const entry = sequence === undefined ? undefined : (await audit.search({ after: sequence + 1, limit: 1 })).entries[0];
  if (entry === undefined || entry.sequence !== sequence) throw new PageRefused(404, 'There is no such entry.', 'What has just been written is found in a moment; records that only add to others are no entries.');
  return entry;
}

function whole(entry: AuditEntry, visitor: Visitor): Html {
  return html`<article class="${weightOf(entry)}">${links(entry, visitor)}
${factList(entryFacts(entry, { effect: effectWords, table: tableWords }))}
${entry.text === undefined ? '' : statement('Statement', entry.text)}
${parameters(entry.parameters ?? [])}</article>`;
}
