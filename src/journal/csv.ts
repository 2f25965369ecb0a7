/** Records as lines of CSV (RFC 4180), for people with spreadsheets. Each value is on one line and visible, and none is a formula. */

import { visibleJson, visibleLine } from '../runtime/visible.ts';
import type { JournalEvent, JournalRecord } from './events.ts';

/** What spreadsheets take for the beginning of a formula, also behind spaces and in their full-width forms (OWASP, CSV Injection). */
const FORMULA = /^\s*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Whose a session is, as far as its beginning is known. */
export type SessionStart = Extract<JournalEvent, { kind: 'session.start' }>;

/** Fields of events that have a column of their own; two that never come together may share one. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  session: ['session'], agent: ['agent'], owner: ['owner'], database: ['database'], text: ['text'], parameters: ['parameters'],
  verdict: ['verdict'], rule: ['rule'], effects: ['effects'], tables: ['tables'], fate: ['fate'], code: ['code'], policy: ['policy', 'version'], request: ['request'],
  person: ['person', 'by', 'claimed'], decision: ['decision'], state: ['state'], channel: ['channel'], reason: ['reason'], statement: ['statement'], rows: ['rows'], bytes: ['bytes'], ms: ['ms'], error: ['error'],
};
/** The rest of an event, as JSON. */
const REST = 'more';
const COLUMN_OF = new Map(Object.entries(COLUMNS).flatMap(([column, fields]) => fields.map((field) => [field, column] as const)));

export const CSV_HEADER: string = line(['sequence', 'time', 'kind', ...Object.keys(COLUMNS), REST]);

/** Numbers every record once: the sequence number and, for what shares one, the same. */
export function csvLine({ sequence, time, event }: JournalRecord, session?: SessionStart): string {
  const { kind, ...fields } = { ...(session && { agent: session.agent, owner: session.owner, database: session.database }), ...event };
  const cells = new Map<string, string>();
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const column = COLUMN_OF.get(name);
    if (column === undefined || cells.has(column)) rest[name] = value;
    else cells.set(column, told(value));
  }
  return line([String(sequence), time, kind, ...Object.keys(COLUMNS).map((column) => cells.get(column) ?? ''), Object.keys(rest).length === 0 ? '' : visibleJson(rest)]);
}

function told(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return isNamed(value) ? value.map(({ effect, name, objects }) => [effect ?? name, ...(objects ?? [])].join(' ')).join('; ') : visibleJson(value);
}

interface Named {
  readonly effect?: string;
  readonly name?: string;
  readonly objects?: readonly string[];
}

const isNamed = (value: unknown): value is readonly Named[] => Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null && ('effect' in each || 'name' in each));

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string): string {
  const text = visibleLine(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;]|^\s|\s$/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}
