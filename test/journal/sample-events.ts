import type { JournalEvent } from '../../src/journal/events.ts';

const effects = [{ effect: 'read' as const, objects: ['public.customers'] }];
const tables = [{ name: 'public.customers', read: true, written: false, columns: ['email', 'id'], known: true }];
const statements = [{ kind: 'select' }];

export function statement(text: string, more: Partial<Extract<JournalEvent, { kind: 'statement' }>> = {}): JournalEvent {
  return {
    kind: 'statement', session: 's_1', arrival: 'extended', text, parameters: ['42', null], verdict: 'allow', rule: 'reads',
    effects, tables, statements, policy: 'a'.repeat(64), fate: 'run', ...more,
  };
}

type SessionStart = Extract<JournalEvent, { kind: 'session.start' }>;

export function sessionStart(more: Partial<SessionStart> = {}): SessionStart {
  return {
    kind: 'session.start', session: 's_1', agent: 'reporter', owner: 'dana@example.com', groups: [], database: 'shop', protocol: 'postgres', client: '10.0.0.1:5001', tls: true,
    attributes: {}, ...more,
  };
}

export function outcome(statement: number, more: Partial<Extract<JournalEvent, { kind: 'outcome' }>> = {}): JournalEvent {
  return { kind: 'outcome', session: 's_1', statement, tag: 'SELECT 1', rows: 1, bytes: 80, ms: 0.4, ...more };
}
