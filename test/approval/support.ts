import { generateKeyPairSync } from 'node:crypto';
import { decisionKeys } from '../../src/approval/keys.ts';
import type { DecisionKeys } from '../../src/approval/keys.ts';
import type { RequestDraft, SignedDecision } from '../../src/approval/request.ts';
import { requestDigest } from '../../src/approval/digest.ts';
import { createPeople } from '../../src/identity/people.ts';
import type { Person } from '../../src/identity/person.ts';

/** Lets everything that needs no outside event run: promises, and signatures made off the loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resume) => setImmediate(resume));
}

export function newKeys(): DecisionKeys {
  return decisionKeys(generateKeyPairSync('ed25519').privateKey);
}

export const dana: Person = { email: 'dana@example.com', roles: ['approver'], groups: ['dba'] };
export const sam: Person = { email: 'sam@example.com', roles: ['approver'], groups: ['dba'], slack: 'U1' };
export const kim: Person = { email: 'kim@example.com', roles: ['approver'], groups: ['dba', 'oncall'] };
export const root: Person = { email: 'root@example.com', roles: ['admin', 'auditor'], groups: ['dba'] };
export const ivy: Person = { email: 'ivy@example.com', roles: ['approver'], groups: ['interns'] };
export const people = createPeople([dana, sam, kim, root, ivy]);

/** A held `drop table` of dana's agent, open for a minute from `now`. */
export function draft(now: number, changes: Partial<RequestDraft> = {}): RequestDraft {
  const text = changes.text ?? 'drop table orders';
  return {
    digest: requestDigest({ agent: 'reporter', database: 'shop', batch: Buffer.from(text), settings: [['search_path', 'public']], policy: 'p1' }),
    mode: 'inline', agent: { name: 'reporter', owner: 'Dana@Example.com', groups: ['analytics'] }, database: 'shop', protocol: 'postgres',
    session: 'ses_1', text, effects: [{ effect: 'drop', objects: ['table public.orders'] }],
    tables: [{ name: 'public.orders', read: false, written: true, columns: ['*'], known: true }], unbounded: false,
    rule: 'drops', reason: 'drops are held by rule drops', policy: 'p1', approvers: ['dba'], quorum: 1,
    createdAt: now, expiresAt: now + 60_000, transaction: { open: false, ageMs: 0 }, context: { application_name: 'psql' },
    ...changes,
  };
}

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** Keeps what is logged. */
export function recorder() {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: unknown, message?: string) => { lines.push({ level, fields: fields as Record<string, unknown>, message: message ?? '' }); };
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
}

let signatures = 0;

/** As the store takes them: it looks at no signature. */
export function approve(person: string): SignedDecision {
  return { decision: 'approve', person, channel: 'test', at: 1, jws: `jws${signatures += 1}` };
}

export function deny(person: string, reason?: string): SignedDecision {
  return { decision: 'deny', person, channel: 'test', at: 1, jws: `jws${signatures += 1}`, ...(reason !== undefined && { reason }) };
}
