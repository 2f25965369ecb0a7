/** What a search finds: statements, requests, and what else happened that somebody may ask for. */

import type { JournalEvent, JournalNote, StatementEvent } from '../journal/events.ts';

/** Kinds of entries: those of the journal's events, but for `request`, which is all that became of one. */
export const ENTRY_KINDS = [
  'statement', 'request', 'prepare', 'refused', 'overrun', 'session.start', 'login.refused', 'policy.loaded', 'policy.rejected', 'agent.frozen', 'agent.thawed',
  'person.signed_in', 'person.signed_out', 'person.refused', 'process.start', 'process.stop', 'recovered', 'outage',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Whose connection it was. Without an agent, when the journal no longer has the session's beginning. */
export interface SessionFacts {
  readonly agent?: string;
  readonly owner?: string;
  readonly database?: string;
  readonly protocol?: 'postgres' | 'mysql';
  readonly client?: string;
}

/** What a statement was judged to be. */
export type JudgedFacts = Partial<Pick<StatementEvent, 'effects' | 'tables' | 'verdict' | 'rule' | 'policy' | 'observed'>>;

export interface DecisionMade {
  readonly person: string;
  readonly decision: 'approve' | 'deny';
  readonly channel: string;
  readonly reason?: string;
  readonly breakGlass?: true;
  /** ISO time. */
  readonly time: string;
}

/** What became of a request, as far as this journal has it. */
export interface RequestStory {
  readonly id: string;
  readonly mode?: 'inline' | 'deferred';
  readonly approvers?: readonly string[];
  readonly quorum?: number;
  /** Groups that may decide, too, since nobody had in time. */
  readonly escalatedTo?: readonly string[];
  readonly decisions: readonly DecisionMade[];
  /** Absent when the journal no longer has its beginning. */
  readonly state?: 'pending' | Extract<JournalEvent, { kind: 'request.ended' }>['state'];
  readonly reason?: string;
}

export interface StatementOutcome {
  readonly rows: number;
  readonly bytes: number;
  readonly ms: number;
  readonly tag?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What only one kind of entry has, or each has its own of. */
export interface EntryBody {
  readonly kind: EntryKind;
  readonly text?: string;
  readonly parameters?: readonly (string | null)[];
  readonly fate?: 'run' | 'refused';
  readonly code?: string;
  /** Who signed in, froze, thawed. */
  readonly people?: readonly string[];
  /** The rest of an event that is neither statement nor request. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends EntryBody, SessionFacts, JudgedFacts {
  /** Of its record in the journal. */
  readonly sequence: number;
  /** ISO time. */
  readonly time: string;
  readonly session?: string;
  readonly request?: RequestStory;
  readonly outcome?: StatementOutcome;
}

/** As events tell it, before it is known whose session it was and what became of the request. */
export interface NewEntry {
  readonly body: EntryBody;
  /** Name of the session. */
  readonly session?: string;
  /** Where there is no session. */
  readonly by?: SessionFacts;
  readonly facts?: JudgedFacts;
  readonly request?: string;
}

type Events = JournalEvent | JournalNote;

/** Undefined for what is no entry by itself: outcomes, decisions, what the journal keeps for itself. */
export function entryOf(event: Events): NewEntry | undefined {
  switch (event.kind) {
    case 'statement': return statementEntry(event);
    case 'request.opened': {
      const { effects, rule, text, parameters, session, request } = event;
      return { body: { kind: 'request', text, ...(parameters && { parameters }) }, session, facts: { effects, rule, verdict: 'hold' }, request };
    }
    case 'prepare': return { body: { kind: 'prepare', text: event.text }, session: event.session };
    case 'refused': return { body: { kind: 'refused', code: event.code, details: { reason: event.reason } }, session: event.session };
    case 'overrun': return { body: { kind: 'overrun', details: rest(event, 'session') }, session: event.session };
    case 'session.start': return { body: { kind: 'session.start', details: { tls: event.tls, attributes: event.attributes } }, session: event.session };
    case 'login.refused': {
      const { agent, database, client, code } = event;
      return { body: { kind: event.kind, code }, by: { agent, database, client } };
    }
    case 'agent.frozen': case 'agent.thawed': return { body: { kind: event.kind, people: [event.by], details: rest(event, 'by', 'jws') }, by: { agent: event.agent } };
    case 'person.signed_in': return { body: { kind: event.kind, people: [event.person], details: rest(event, 'person') } };
    case 'person.signed_out': return { body: { kind: event.kind, people: [...new Set([event.person, event.by])], details: rest(event, 'jws') } };
    case 'person.refused': case 'policy.loaded': case 'policy.rejected': case 'process.start': case 'process.stop': case 'recovered': case 'outage':
      return { body: { kind: event.kind, details: rest(event) } };
    case 'session.end': case 'form': case 'continue': case 'outcome': case 'cancel': case 'request.decided': case 'request.escalated': case 'request.ended':
    case 'statements': case 'judged': case 'outcomes': case 'checkpoint': case 'text': case 'retired': default:
      return undefined;
  }
}

function statementEntry({ text, parameters, fate, code, session, request, effects, tables, verdict, rule, policy, observed }: StatementEvent): NewEntry {
  return {
    body: { kind: 'statement', text, ...(parameters && { parameters }), fate, ...(code !== undefined && { code }) },
    session, facts: { effects, tables, verdict, rule, policy, ...(observed && { observed }) }, ...(request !== undefined && { request }),
  };
}

function rest(event: Events, ...without: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'kind' && name !== 'agent' && !without.includes(name)));
}
