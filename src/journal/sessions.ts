import type { JournalRecord } from './events.ts';

/** A session as its records tell it. */
export interface SessionSummary {
  readonly session: string;
  readonly agent: string;
  readonly owner: string;
  readonly database: string;
  readonly client: string;
  /** ISO time. */
  readonly startedAt: string;
  /** Absent while it goes on, or when the process died under it. */
  readonly endedAt?: string;
  readonly reason?: string;
  readonly statements: number;
  readonly held: number;
  readonly refused: number;
  /** Would have been held or denied, but for a policy that only observed. */
  readonly observed: number;
}

/** Kinds `summarize` looks at. */
export const SUMMARIZED = ['session.start', 'session.end', 'statement', 'request.opened'] as const;

/** In the order they started. */
export async function summarize(records: AsyncIterable<JournalRecord>): Promise<SessionSummary[]> {
  const sessions = new Map<string, SessionSummary>();
  for await (const { event, time } of records) {
    if (event.kind === 'session.start') {
      const { session, agent, owner, database, client } = event;
      sessions.set(session, { session, agent, owner, database, client, startedAt: time, statements: 0, held: 0, refused: 0, observed: 0 });
      continue;
    }
    const known = 'session' in event ? sessions.get(event.session) : undefined;
    if (known !== undefined) sessions.set(known.session, counted(known, event, time));
  }
  return [...sessions.values()];
}

function counted(known: SessionSummary, event: JournalRecord['event'], time: string): SessionSummary {
  if (event.kind === 'session.end') return { ...known, endedAt: time, reason: event.reason };
  if (event.kind === 'request.opened') return { ...known, held: known.held + 1 };
  if (event.kind !== 'statement') return known;
  return { ...known, statements: known.statements + 1, refused: known.refused + Number(event.fate === 'refused'), observed: known.observed + Number(event.observed === true) };
}
