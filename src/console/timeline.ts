/** /console/sessions/ID: what one session did, record by record, and what was decided about it. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { entryOf } from '../audit/entry.ts';
import type { JournalRecord } from '../journal/events.ts';
import { type Mark, type PageRecord, type SessionPage, sessionPage } from '../journal/session-page.ts';
import { timelineEntry } from '../journal/timeline.ts';
import type { InTransaction } from '../journal/transactions.ts';
import { factList } from './fact-list.ts';
import { PageRefused, type signedIn } from './guard.ts';
import { type Html, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { deskNote, requestLink } from './session-words.ts';
import { beginning } from './statement.ts';
import type { Visitor } from './visitor.ts';
import { moment } from './words.ts';

/** So many characters of a statement stand among others; the page of its entry has all of them. */
const SHOWN = 2_000;

export function timelineRoutes(app: Hono<ConsoleEnv>, guard: ReturnType<typeof signedIn>, parts: ConsoleParts): void {
  app.get('/sessions/:id', guard('audit'), async (context) => {
    const visitor = context.get('visitor');
    const id = context.req.param('id');
    const number = wantedPage(context);
    const page = await sessionPage(parts.records(id), number);
    if (page === undefined || number > page.pages) throw new PageRefused(404, page === undefined ? 'The journal has no such session.' : `This session has ${page.pages} pages.`, parts.role === 'desk' ? 'A desk has no sessions: they are in the journals of the proxies.' : 'The list of sessions has those it has.');
    const around = { path: `/console/sessions/${encodeURIComponent(id)}`, number };
    const body = html`${deskNote(parts)}${overview(page, id, parts, visitor)}${jumps(page, around)}${pages(page, around)}
<ol class="requests timeline">${page.records.map((one) => item(one, page.begun))}</ol>${pages(page, around)}`;
    return show(context, { title: 'Session', body, visitor, now: parts.clock.now() });
  });
}

interface Around {
  readonly path: string;
  readonly number: number;
}

function wantedPage(context: Context<ConsoleEnv>): number {
  const given = context.req.query('page') ?? '1';
  if (!/^[1-9]\d{0,6}$/.test(given)) throw new PageRefused(400, 'A page is a number from 1 on.');
  return Number(given);
}

function overview({ summary, begun }: SessionPage, id: string, { sessions }: ConsoleParts, visitor: Visitor): Html {
  const isOpen = sessions.get(id) !== undefined;
  return html`<section class="card" aria-label="The session">${factList([
    ['Session', [id]],
    ['Agent', [summary && `${summary.agent}, owned by ${summary.owner}`]],
    ['Database', [summary && `${summary.database}, from ${summary.client}`]],
    ['Began', [summary === undefined ? `before ${moment(begun)}: the journal no longer has its beginning` : moment(begun)]],
    ['Ended', [isOpen ? 'not yet' : summary?.endedAt === undefined ? 'the journal has no end of it' : `${moment(Date.parse(summary.endedAt))}: ${summary.reason ?? ''}`]],
    ['Statements', [summary && `${summary.statements}; ${summary.held} held, ${summary.refused} refused${summary.observed === 0 ? '' : `, ${summary.observed} only observed`}`]],
  ])}${isOpen && visitor.may('kill') ? html`<p><a class="button plain" href="/console/sessions/${encodeURIComponent(id)}/kill">Kill …</a></p>` : ''}</section>`;
}

function jumps({ marks, marked, begun }: SessionPage, { path, number }: Around): Html | '' {
  if (marks.length === 0) return '';
  const link = ({ sequence, page, what, time }: Mark): Html => html`<li><a class="${what}" href="${page === number ? '' : `${path}?page=${page}`}#r${sequence}">${what} ${since(time, begun)}</a></li>`;
  return html`<nav class="jumps" aria-labelledby="jumps"><h2 id="jumps">Held and refused</h2><ul>${marks.map(link)}</ul>${marked > marks.length ? html`<p class="quiet">and ${marked - marks.length} more</p>` : ''}</nav>`;
}

function pages({ pages }: SessionPage, { path, number }: Around): Html | '' {
  if (pages === 1) return '';
  const to = (page: number, rel: string, words: string): Html | '' => (page < 1 || page > pages ? '' : html`<a rel="${rel}" href="${path}?page=${page}">${words}</a>`);
  return html`<p class="pages">${to(number - 1, 'prev', 'Before')} <span class="quiet">page ${number} of ${pages}</span> ${to(number + 1, 'next', 'After')}</p>`;
}

function item(one: PageRecord, begun: number): Html {
  const { record, outcomes, transaction } = one;
  const { event, sequence, time } = record;
  const { heading, text, parameters } = timelineEntry(record);
  const hasEntry = entryOf(event) !== undefined;
  const entry = `/console/audit/${sequence}`;
  const most = hasEntry ? SHOWN : Number.POSITIVE_INFINITY;
  const all = (length: string): Html => html`<a href="${entry}">All ${length}</a>`;
  return html`<li id="r${sequence}" class="${[weightOf(one), ...bandClasses(transaction)].join(' ')}">
<div class="line"><a href="${hasEntry ? entry : `#r${statementOf(event) ?? sequence}`}"><time datetime="${time}">${since(time, begun)}</time></a> ${heading}${transaction === undefined ? '' : band(transaction, outcomes)}</div>
${text === undefined ? '' : beginning('Statement', text, most, all)}${parameters.length === 0 ? '' : beginning('Parameters', parameters.join('\n'), most, all)}${outcomes.map((outcome) => html`<p>${timelineEntry(outcome).heading}</p>`)}${requestOf(event)}</li>`;
}

/** Which statement the record is about, where it's another's. */
function statementOf(event: JournalRecord['event']): number | undefined {
  return event.kind === 'outcome' || event.kind === 'continue' ? event.statement : undefined;
}

function bandClasses(transaction: InTransaction | undefined): readonly string[] {
  return transaction === undefined ? [] : ['inside', ...(transaction.begins === true ? ['begins'] : []), ...(transaction.ends === undefined ? [] : ['ends'])];
}

function band({ number, begins, ends }: InTransaction, outcomes: readonly JournalRecord[]): Html {
  const end = ends === undefined ? '' : endOf(ends, outcomes);
  const words = [`transaction ${number}`, begins === true ? 'begins' : '', begins === true && end !== '' ? 'and' : '', end].filter((word) => word !== '').join(' ');
  return html` <span class="badge${end === 'is committed' ? ' approved' : end === 'is rolled back' ? ' denied' : ''}">${words}</span>`;
}

/** PostgreSQL answers the COMMIT of what has failed with ROLLBACK. */
function endOf(ends: 'commit' | 'rollback', outcomes: readonly JournalRecord[]): string {
  const undone = outcomes.some(({ event }) => event.kind === 'outcome' && (event.error !== undefined || event.tag === 'ROLLBACK'));
  if (ends === 'rollback' || undone) return 'is rolled back';
  return outcomes.length === 0 ? 'ends, with no outcome' : 'is committed';
}

function weightOf({ record: { event }, outcomes }: PageRecord): 'grave' | 'changing' | 'calm' {
  const failed = outcomes.some((outcome) => outcome.event.kind === 'outcome' && outcome.event.error !== undefined);
  if (failed || event.kind === 'refused' || (event.kind === 'statement' && event.fate === 'refused')) return 'grave';
  return event.kind.startsWith('request.') ? 'changing' : 'calm';
}

function requestOf(event: JournalRecord['event']): Html | '' {
  return 'request' in event && event.request !== undefined ? html`<p class="quiet">${requestLink(event.request)}</p>` : '';
}

function since(time: string, begun: number): string {
  return `+${((Date.parse(time) - begun) / 1000).toFixed(3)} s`;
}
