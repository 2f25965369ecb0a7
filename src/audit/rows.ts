/** Entries as rows, and back. */

import type { SQLOutputValue } from 'node:sqlite';
import type { AuditEntry, EntryBody, JudgedFacts, RequestStory, SessionFacts, StatementOutcome } from './entry.ts';

/** `SELECT … ` of all that `entryFrom` takes; `entry` is the table's own name. */
export const SELECT_ENTRY = `
SELECT entry.sequence, entry.time, entry.body, entry.request, session.name AS session, session.facts AS session_facts, judged.facts AS judged_facts, request.story,
  entry.rows, entry.bytes, entry.ms, entry.tag, entry.error`;

export const JOINED = `
LEFT JOIN session ON session.id = entry.session LEFT JOIN judged ON judged.id = entry.judged LEFT JOIN request ON request.name = entry.request`;

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A session stands in a table of its own; who tried to log in, or was frozen, in the body. */
export type StoredBody = EntryBody & { readonly by?: SessionFacts };

export function entryFrom(row: Row): AuditEntry {
  const { by, ...body } = parsed(row['body']) as StoredBody;
  const { session } = row;
  const request = parsed(row['story']) as RequestStory | undefined;
  const outcome = outcomeFrom(row);
  return {
    sequence: Number(row['sequence']), time: new Date(Number(row['time'])).toISOString(), ...body, ...by,
    ...(typeof session === 'string' && { session, ...(parsed(row['session_facts']) as SessionFacts) }),
    ...(parsed(row['judged_facts']) as JudgedFacts | undefined), ...(request && { request }), ...(outcome && { outcome }),
  };
}

function outcomeFrom({ rows, bytes, ms, tag, error }: Row): StatementOutcome | undefined {
  if (rows === null) return undefined;
  const why = parsed(error) as StatementOutcome['error'];
  return { rows: Number(rows), bytes: Number(bytes), ms: Number(ms), ...(typeof tag === 'string' && { tag }), ...(why && { error: why }) };
}

function parsed(json: SQLOutputValue | undefined): unknown {
  return typeof json === 'string' ? JSON.parse(json) : undefined;
}
