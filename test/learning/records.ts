/** Records as a journal gives them, of one session a minute. */

import type { JournalEvent, JournalRecord, StatementEvent } from '../../src/journal/events.ts';
import { table } from '../policy/support.ts';

export const START = Date.UTC(2026, 4, 4, 12);
const MINUTE = 60_000;

type SessionStart = Extract<JournalEvent, { kind: 'session.start' }>;
type Outcome = Extract<JournalEvent, { kind: 'outcome' }>;

export class Records {
  readonly all: JournalRecord[] = [];
  /** Minutes since START. */
  minute = 0;

  add(event: JournalEvent): number {
    this.all.push({ sequence: this.all.length + 1, time: new Date(START + this.minute * MINUTE).toISOString(), event });
    return this.all.length;
  }

  session(session: string, more: Partial<SessionStart> = {}): this {
    this.add({
      kind: 'session.start', session, agent: 'reporter', owner: 'dana@example.com', groups: ['analytics'], database: 'shop', protocol: 'postgres', client: '10.0.0.1:5000', tls: true, attributes: {}, ...more,
    });
    return this;
  }

  /** @param tables as in test/policy/support.ts */
  statement(session: string, text: string, tables: readonly string[], more: Partial<StatementEvent> = {}): number {
    const [kind = ''] = text.toLowerCase().split(' ', 1);
    return this.add({
      kind: 'statement', session, arrival: 'simple', text, verdict: 'allow', rule: 'reads', effects: [{ effect: kind === 'select' ? 'read' : (kind as 'update'), objects: [] }],
      tables: tables.map(table), statements: [{ kind }], policy: 'old', fate: 'run', ...more,
    });
  }

  outcome(session: string, statement: number, rows: number, more: Partial<Outcome> = {}): number {
    return this.add({ kind: 'outcome', session, statement, rows, bytes: 0, ms: 1, ...more });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JournalRecord> {
    yield* this.all;
  }
}
