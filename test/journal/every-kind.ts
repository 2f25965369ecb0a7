import type { JournalEvent, PlainOutcome } from '../../src/journal/events.ts';
import { opened } from './sample-requests.ts';
import { open, outcome, scratch, statement, written } from './setup.ts';

const effects = [{ effect: 'drop' as const, objects: ['public.orders'], because: 'it says so' }];

/** One event of every kind, and some twice. */
export function everyKind(): JournalEvent[] {
  return [
    { kind: 'process.start', version: '0.1.0', pid: 7, host: 'box' },
    { kind: 'policy.loaded', version: 'b'.repeat(64), files: ['policies/default.yaml'] },
    { kind: 'policy.rejected', problems: ['default.yaml:3:1: no'] },
    { kind: 'login.refused', session: 's_0', agent: 'x', database: 'shop', client: '10.0.0.1:5000', code: '28P01' },
    { kind: 'session.start', session: 's_1', agent: 'reporter', owner: 'dana@example.com', groups: ['analytics'], database: 'shop', protocol: 'postgres', client: '10.0.0.1:5001', tls: true, attributes: { application_name: 'ä', 10: 'x', 2: 'y' } },
    { kind: 'prepare', session: 's_1', name: 'p', text: 'SELECT $1' },
    statement('SELECT \'é\u202e\''),
    statement(`SELECT '${'x'.repeat(5000)}'`, { request: 'req_1' }),
    statement('DROP TABLE orders', { fate: 'refused', code: '42501', effects, statements: [{ kind: 'drop table' }], verdict: 'deny' }),
    { kind: 'refused', session: 's_1', code: 'too_large', reason: 'the statement has 2000000 bytes' },
    { kind: 'continue', session: 's_1', statement: 7 },
    outcome(7),
    outcome(7, { error: { code: '42P01', message: 'no such relation' } }),
    { kind: 'overrun', session: 's_1', statement: 7, rule: 'large', action: 'hold', per: 'session', rows: 100 },
    { kind: 'cancel', session: 's_1', by: 'agent', what: 'running' },
    opened(),
    { kind: 'request.escalated', request: 'req_1', approvers: ['managers'] },
    { kind: 'request.decided', request: 'req_1', person: 'sam@example.com', channel: 'cli', decision: 'approve', reason: 'fine', jws: 'a.b.c' },
    { kind: 'request.ended', request: 'req_1', state: 'released' },
    { kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', reason: 'too eager', jws: 'a.b.c' },
    { kind: 'agent.thawed', agent: 'reporter', by: 'sam@example.com', jws: 'a.b.c' },
    { kind: 'person.signed_in', person: 'sam@example.com', signIn: 'sgn_1', use: 'console', issuer: 'https://login.example.com', roles: ['approver'], groups: ['dba'], until: 1_800_000_000_000 },
    { kind: 'person.signed_out', person: 'sam@example.com', signIn: 'sgn_1', by: 'sam@example.com', jws: 'a.b.c' },
    { kind: 'person.refused', use: 'cli', claimed: 'mallory@example.com', reason: 'The issuer says that your e-mail isn\'t verified.' },
    { kind: 'form', session: 's_1', text: 'SELECT email FROM customers', ran: 'SELECT \'***\'' },
    { kind: 'session.end', session: 's_1', reason: 'closed by the agent', statements: 3, bytesIn: 10, bytesOut: 20 },
    { kind: 'process.stop', reason: 'SIGTERM' },
  ];
}

/** Plain outcomes, and how a reader gives them. */
export const ENDED: readonly PlainOutcome[] = [['s_1', 7, 1, 80, 412, 'SELECT 1'], ['s_1', 8, 0, 0, 7, '']];
export const ENDED_READ: readonly JournalEvent[] = [
  { kind: 'outcome', session: 's_1', statement: 7, rows: 1, bytes: 80, ms: 0.412, tag: 'SELECT 1' },
  { kind: 'outcome', session: 's_1', statement: 8, rows: 0, bytes: 0, ms: 0.007 },
];

/** A journal of them in a few segments, closed in order. */
export async function journalOfEverything(segmentBytes = 2500): Promise<string> {
  const dir = scratch();
  const journal = await open(dir, { segmentBytes, checkpointRecords: 5 });
  for (const event of everyKind()) {
    journal.append(event);
    await written(journal);
  }
  for (const outcome of ENDED) journal.ended(outcome);
  await journal.close();
  return dir;
}
