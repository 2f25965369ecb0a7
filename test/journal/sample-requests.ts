/** A held statement as the gate records it, and what people say about it, signed. */
import { generateKeyPairSync } from 'node:crypto';
import { boundDigest } from '../../src/approval/bound.ts';
import { signDecision } from '../../src/approval/decision.ts';
import type { Press } from '../../src/approval/decision.ts';
import { sign } from '../../src/approval/jws.ts';
import type { JwsType } from '../../src/approval/jws.ts';
import { decisionKeys } from '../../src/approval/keys.ts';
import type { ApprovalRequest } from '../../src/approval/request.ts';
import type { JournalEvent } from '../../src/journal/events.ts';

export type Opened = Extract<JournalEvent, { kind: 'request.opened' }>;
export type Decided = Extract<JournalEvent, { kind: 'request.decided' }>;

export const desk = generateKeyPairSync('ed25519');
const deskKeys = decisionKeys(desk.privateKey);

/** @param more what is different, under a digest that is right for it unless that is given */
export function opened(more: Partial<Opened> = {}): Opened {
  const event: Opened = {
    kind: 'request.opened', session: 's_1', request: 'req_1', digest: '', mode: 'inline', agent: 'reporter', owner: 'dana@example.com', groups: ['analytics'], database: 'shop', protocol: 'postgres',
    text: 'DROP TABLE orders', bound: { settings: [['search_path', 'public']], statements: [{ values: [], types: [] }] },
    effects: [{ effect: 'drop', objects: ['public.orders'], because: 'it says so' }], tables: [], unbounded: false, rule: 'drops', policy: 'a'.repeat(64), approvers: ['dba'], quorum: 1, expiresAt: 1_800_000_000_000,
    ...more,
  };
  return { ...event, digest: more.digest ?? boundDigest(event) };
}

/** The decision about it, as a desk signs and records it. */
export async function decided(request: Opened, more: Partial<Press> = {}): Promise<Decided> {
  const { kind: _kind, request: id, agent: name, owner, actsFor, groups, ...rest } = request;
  const shown = { ...rest, id, agent: { name, owner, groups, ...(actsFor !== undefined && { actsFor }) } } as unknown as ApprovalRequest;
  const { at: _at, ...signed } = await signDecision(shown, { decision: 'approve', person: 'sam@example.com', channel: 'cli', reason: 'fine', at: Date.UTC(2026, 0, 1), ...more }, deskKeys);
  return { kind: 'request.decided', request: id, ...signed };
}

export const signedBy = (type: JwsType, claims: object): Promise<string> => sign(type, claims, deskKeys);
