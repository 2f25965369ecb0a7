/** What `verifyJournal` says of people: their signatures, what they were asked about, and what ran by their word. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signDecision } from '../../src/approval/decision.ts';
import { decisionKeys } from '../../src/approval/keys.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import type { Report } from '../../src/journal/verify.ts';
import { type Decided, decided, desk, opened, signedBy } from './sample-requests.ts';
import { keys, open, scratch, statement } from './setup.ts';

async function verified(...events: JournalEvent[]): Promise<Report> {
  const dir = scratch();
  const journal = await open(dir);
  for (const event of events) journal.append(event);
  await journal.close();
  return verifyJournal({ dir, publicKey: keys.publicKey, decisionKeys: [desk.publicKey] });
}

const why = async (...events: JournalEvent[]): Promise<string> => {
  const { problem } = await verified(...events);
  expect(problem?.sequence).toBe(events.length);
  return problem?.why ?? '';
};

const drop = (more = {}) => statement('DROP TABLE orders', { parameters: [], request: 'req_1', ...more });

describe('signatures', () => {
  const freeze = { agent: 'reporter', frozen: true, by: 'sam@example.com', reason: 'odd', at: 1 };
  const signOut = { person: 'dana@example.com', signIn: { id: 'sgn_1', until: 5 }, by: 'sam@example.com', reason: 'lost', at: 1 };

  test('of decisions, freezes and sign-outs are checked, and counted', async () => {
    const events: JournalEvent[] = [
      await decided(opened()),
      { kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', reason: 'odd', jws: await signedBy('countersign-freeze+jws', freeze) },
      { kind: 'agent.thawed', agent: 'reporter', by: 'sam@example.com', jws: await signedBy('countersign-freeze+jws', { ...freeze, frozen: false, reason: undefined }) },
      { kind: 'person.signed_out', person: 'dana@example.com', signIn: 'sgn_1', by: 'sam@example.com', reason: 'lost', jws: await signedBy('countersign-sign-out+jws', signOut) },
    ];
    expect(await verified(...events)).toMatchObject({ ok: true, decisions: { verified: 1, unchecked: 0 }, freezes: { verified: 2 }, signOuts: { verified: 1 } });
    const dir = scratch();
    const journal = await open(dir);
    for (const event of events) journal.append(event);
    await journal.close();
    expect(await verifyJournal({ dir, publicKey: keys.publicKey })).toMatchObject({ ok: true, decisions: { verified: 0, unchecked: 1 }, freezes: { unchecked: 2 }, signOuts: { unchecked: 1 } });
    expect((await verifyJournal({ dir, publicKey: keys.publicKey, decisionKeys: [keys.publicKey] })).problem?.why).toContain('signature of the decision');
  });

  test.each(['person', 'channel', 'decision', 'reason', 'breakGlass', 'request'] as const)('a decision whose %s was changed', async (field) => {
    const changed = { ...(await decided(opened())), [field]: field === 'breakGlass' ? true : field === 'decision' ? 'deny' : 'other' } as Decided;
    expect(await why(opened(), changed)).toBe(`the decision's ${field} isn't the one that was signed`);
  });

  test.each(['agent', 'by', 'reason', 'kind'] as const)('a freeze whose %s was changed', async (field) => {
    const event = { kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', reason: 'odd', jws: await signedBy('countersign-freeze+jws', freeze) };
    expect(await why({ ...event, [field]: field === 'kind' ? 'agent.thawed' : 'other' } as JournalEvent)).toBe(`the freeze's ${field} isn't the one that was signed`);
  });

  test.each(['person', 'signIn', 'by', 'reason'] as const)('a sign-out whose %s was changed', async (field) => {
    const event: JournalEvent = { kind: 'person.signed_out', person: 'dana@example.com', signIn: 'sgn_1', by: 'sam@example.com', reason: 'lost', jws: await signedBy('countersign-sign-out+jws', signOut) };
    expect(await why({ ...event, [field]: 'other' })).toBe(`the sign-out's ${field} isn't the one that was signed`);
  });

  test('one kind of signature is none of another', async () => {
    expect(await why({ kind: 'agent.frozen', agent: 'reporter', by: 'sam@example.com', jws: await signedBy('countersign-decision+jws', freeze) })).toContain('signature of the freeze');
  });
});

describe('a request\'s digest is computed again', () => {
  const bound = { settings: [['role', 'app']] as const, statements: [{ values: [[0, 'text'], [1, 'hex']] as const, types: [25, 23] }] };
  const good = opened({ text: 'DELETE FROM t WHERE a = $1 AND b = $2', parameters: ['x', '\\x0001'], bound });

  test('and is right', async () => {
    expect(await verified(good)).toMatchObject({ ok: true });
  });

  test.each<[string, Partial<typeof good>]>([
    ['agent', { agent: 'writer' }], ['database', { database: 'crm' }], ['policy', { policy: 'b' }], ['text', { text: 'DELETE FROM t' }], ['parameters', { parameters: ['y', '\\x0001'] }], ['forms', { forms: ['x'] }],
    ['digest', { digest: 'c'.repeat(64) }], ['settings', { bound: { ...bound, settings: [] } }], ['types', { bound: { ...bound, statements: [{ values: [[0, 'text'], [1, 'hex']], types: [] }] } }],
    ['format', { bound: { ...bound, statements: [{ values: [[1, 'text'], [1, 'hex']], types: [25, 23] }] } }], ['encoding', { bound: { ...bound, statements: [{ values: [[0, 'text'], [1, 'text']], types: [25, 23] }] } }],
  ])('another %s', async (_, change) => {
    expect(await why({ ...good, ...change })).toBe('the request\'s digest isn\'t that of what it says would run');
  });

  test('and what can\'t be read is none', async () => {
    expect(await why({ ...good, parameters: ['x'] })).toContain('can\'t be read');
    expect(await why({ ...good, bound: { ...bound, statements: [{ values: [[0, 'sha256'], [1, 'hex']], types: [] }] } })).toContain('can\'t be read');
  });

  test('also where its texts are stored once for several records', async () => {
    const large = opened({ text: `DELETE FROM t WHERE a = '${'x'.repeat(9000)}'`, forms: [`SELECT '${'y'.repeat(9000)}'`, 'SELECT 1'] });
    expect(await verified(large, large)).toMatchObject({ ok: true });
  });
});

describe('what ran by a request', () => {
  const press = async (more: Parameters<typeof decided>[1] = {}, request = opened()) => decided(request, more);

  test('was opened and released before', async () => {
    expect(await verified(opened(), await press(), drop())).toMatchObject({ ok: true, releases: { verified: 1, unchecked: 0 } });
  });

  test('may be on record before the decision is', async () => {
    expect(await verified(opened(), drop(), await press())).toMatchObject({ ok: true, releases: { verified: 1, unchecked: 0 } });
    expect(await verified(opened(), drop(), await press({ at: Date.UTC(2026, 0, 2) }))).toMatchObject({ ok: true, releases: { verified: 0, unchecked: 1 } });
  });

  test('is unchecked where request or decisions are in another journal', async () => {
    expect(await verified(drop())).toMatchObject({ ok: true, releases: { verified: 0, unchecked: 1 } });
    expect(await verified(opened(), drop())).toMatchObject({ ok: true, releases: { verified: 0, unchecked: 1 } });
  });

  test('took as many different people as its rule says', async () => {
    const two = opened({ quorum: 2 });
    const sam = await press({}, two);
    expect(await verified(two, sam, await press({ person: 'Sam@Example.com' }, two), drop())).toMatchObject({ ok: true, releases: { verified: 0, unchecked: 1 } });
    expect(await verified(two, sam, await press({ person: 'kim@example.com' }, two), drop())).toMatchObject({ ok: true, releases: { verified: 1, unchecked: 0 } });
  });

  test('or one who broke the glass, where that may be done', async () => {
    const request = opened({ quorum: 2, breakGlass: ['oncall'] });
    expect(await verified(request, await press({ breakGlass: true }, request), drop())).toMatchObject({ ok: true, releases: { verified: 1 } });
    const other = opened({ quorum: 2 });
    expect(await why(other, await press({ breakGlass: true }, other))).toContain('Nobody may break the glass');
  });

  test('isn\'t what somebody has denied', async () => {
    expect(await why(opened(), await press({ decision: 'deny' }), drop())).toBe('it ran although req_1 was denied');
    expect(await why(opened(), drop(), await press({ decision: 'deny' }))).toContain('the statement had run');
  });

  test('is what was asked for, by that session, once', async () => {
    expect(await why(opened(), await press(), statement('DROP TABLE customers', { parameters: [], request: 'req_1' }))).toContain('isn\'t what req_1 asks for');
    expect(await why(opened(), await press(), drop({ parameters: ['1'] }))).toContain('isn\'t what req_1 asks for');
    expect(await why(opened(), await press(), drop(), drop())).toContain('has run before');
    expect(await why(opened(), await press(), drop({ session: 's_2' }))).toContain('another session\'s');
    const deferred = opened({ mode: 'deferred' });
    expect(await verified(deferred, await press({}, deferred), drop({ session: 's_2' }))).toMatchObject({ ok: true, releases: { verified: 1 } });
  });

  test('may be several statements together', async () => {
    const text = '-- statement 1 of 2\nDELETE FROM a\n\n-- statement 2 of 2\nDELETE FROM b WHERE i = $1\n-- parameters: ["7"]';
    const bound = { settings: [], statements: [{ at: [20, 33], parameters: [], values: [], types: [] }, { at: [55, 81], parameters: ['7'], values: [[0, 'text']], types: [23] }] } as const;
    const both = opened({ text, bound });
    const parts = [statement('DELETE FROM a', { parameters: [], request: 'req_1' }), statement('DELETE FROM b WHERE i = $1', { parameters: ['7'], request: 'req_1' })];
    expect(await verified(both, await press({}, both), ...parts)).toMatchObject({ ok: true, releases: { verified: 2 } });
  });

  test.each<[string, Partial<ReturnType<typeof opened>>]>([
    ['other bytes', { text: 'DROP TABLE customers' }], ['something else', { rule: 'other' }], ['something else', { quorum: 2 }], ['held deferred', { mode: 'deferred' }], ['another time limit', { expiresAt: 1_700_000_000_000 }],
  ])('was decided about as it was opened: %s', async (words, change) => {
    const { why: reason } = (await verified(opened(), await press({}, opened(change)))).problem ?? {};
    expect(reason).toContain('the decision isn\'t about the request as it was opened');
    expect(reason).toContain(words);
  });

  test('wasn\'t released by the agent\'s owner', async () => {
    expect(await why(opened(), await press({ person: 'DANA@example.com' }))).toContain('owns the agent');
  });

  test('was signed by a desk that is believed', async () => {
    const stranger = decisionKeys(generateKeyPairSync('ed25519').privateKey);
    const forged = await signDecision({ ...opened(), id: 'req_1' } as never, { decision: 'approve', person: 'sam@example.com', channel: 'cli', at: 1 }, stranger);
    expect(await why(opened(), { ...(await press()), jws: forged.jws })).toContain('signature of the decision');
  });
});
