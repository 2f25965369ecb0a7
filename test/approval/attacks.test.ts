/**
 * An attacker who writes anything into the store must not get a statement released. The store below is a real one whose
 * answers the attacker changes on their way out, which is what writing to Redis amounts to.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { signDecision } from '../../src/approval/decision.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { ApprovalRequest, RequestDraft, SignedDecision } from '../../src/approval/request.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, kim, newKeys, people, recorder, sam, settled } from './support.ts';
import type { LogLine } from './support.ts';

type Forge = (request: ApprovalRequest) => ApprovalRequest | Promise<ApprovalRequest>;

const keys = newKeys();
const forever = new AbortController().signal;
let clock: FakeClock;
let honest: ApprovalStore;
let approvals: ReturnType<typeof createApprovals>;
let desk: ReturnType<typeof createDesk>;
let lines: LogLine[];
/** What the store's readers are made to see. */
let forge: Forge;
/** The attacker also answers every transition with yes. */
let yes: boolean;
/** What happens while the store thinks about a transition. */
let late: () => void;

beforeEach(() => {
  clock = new FakeClock();
  honest = createMemoryStore({ clock });
  forge = (request) => request;
  yes = false;
  late = () => {};
  const forged = async (request: ApprovalRequest | undefined) => request && forge(request);
  const store: ApprovalStore = {
    open: async (request) => forge(await honest.open(request)),
    get: async (id) => forged(await honest.get(id)),
    find: async (digest) => forged(await honest.find(digest)),
    list: async (query) => Promise.all((await honest.list(query)).map(async (one) => forge(one))),
    states: async (ids) => Promise.all(ids.map(async (id) => (await forged(await honest.get(id)))?.state)),
    move: async (id, to, detail) => {
      late();
      return (await honest.move(id, to, detail)) || yes;
    },
    changedSince: (since) => honest.changedSince(since), decide: (id, decision) => honest.decide(id, decision),
    putRecord: (...record) => honest.putRecord(...record), records: (shelf) => honest.records(shelf),
    lease: (name, holder, ms) => honest.lease(name, holder, ms), bookmark: (name, at) => honest.bookmark(name, at),
    spend: (account, rows, limit) => honest.spend(account, rows, limit), renew: (account) => honest.renew(account),
    escalate: async () => forged(await honest.escalate()), sweep: () => honest.sweep(), listen: (listener) => honest.listen(listener), healthy: () => honest.healthy(), reachable: true, close: () => honest.close(),
  };
  const recorded = recorder();
  ({ lines } = recorded);
  approvals = createApprovals({ store, keys, clock, log: recorded.log });
  desk = createDesk({ store, keys, people, clock, log: recorded.log });
});

const open = (changes: Partial<RequestDraft> = {}) => approvals.open(draft(clock.now(), changes));
const press = (person: string, decision: 'approve' | 'deny' = 'approve') => ({ decision, person, channel: 'api', at: clock.now() }) as const;
const signed = (request: ApprovalRequest, person = 'sam@example.com') => signDecision(request, press(person), keys);
const loud = () => lines.filter((line) => line.level === 'error');
const approvedBy = (...decisions: SignedDecision[]): Forge => (request) => ({ ...request, state: 'approved', decisions });

/** The statement neither comes out of its wait as approved nor can be released, and it is said loudly. */
async function neverReleased(request: ApprovalRequest): Promise<void> {
  yes = true;
  const stop = new AbortController();
  const resolution = approvals.resolution(request, stop.signal).then((resolution) => resolution.state, () => 'still waiting');
  await clock.advanceAsync(10_000);
  await settled();
  expect(await approvals.release(request)).toBe(false);
  expect(loud()).not.toEqual([]);
  stop.abort();
  expect(await resolution).toBe('still waiting');
}

describe('the gate releases nothing when the store is written to:', () => {
  test('control: without an attack the same steps release it', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    await desk.decide(request.id, { decision: 'approve', person: sam, channel: 'api' });
    expect((await resolution).state).toBe('approved');
    expect(await approvals.release(request)).toBe(true);
  });

  test('control: the harness releases when what it forges is genuine', async () => {
    const request = await open();
    const decision = await signed(request);
    forge = approvedBy(decision);
    yes = true;
    expect(await approvals.release(request)).toBe(true);
  });

  test('state approved without decisions', async () => {
    const request = await open();
    forge = approvedBy();
    await neverReleased(request);
  });

  test.each([
    ['another person in the clear', { person: 'kim@example.com' }],
  ])('a genuine signature once, repeated for a quorum of two with %s', async (_name, changes) => {
    const request = await open({ quorum: 2 });
    const decision = await signed(request);
    forge = approvedBy(decision, { ...decision, ...changes }, decision);
    yes = true;
    expect(await approvals.release(request)).toBe(false);
  });

  test('two signatures of the same person for a quorum of two', async () => {
    const request = await open({ quorum: 2 });
    forge = approvedBy(await signed(request), await signed(request, 'SAM@example.com'));
    await neverReleased(request);
  });

  test('a lowered quorum, at the desk and at the gate', async () => {
    const request = await open({ quorum: 2 });
    forge = (one) => ({ ...one, quorum: 1 });
    await expect(desk.decide(request.id, { decision: 'approve', person: sam, channel: 'api' })).rejects.toMatchObject({ code: 'not_found' });
    forge = approvedBy(await signed({ ...request, quorum: 1 }));
    await neverReleased(request);
  });

  // Each field of the draft is changed; were the seal missed by the desk, its signature would still be over something else.
  const fields: readonly [string, Partial<RequestDraft>][] = [
    ['text', { text: 'select 1' }],
    ['digest', { digest: '0'.repeat(64) }],
    ['mode', { mode: 'deferred' }],
    ['approvers', { approvers: ['interns'] }],
    ['quorum', { quorum: 0 }],
    ['parameters', { parameters: ['1'] }],
    ['effects', { effects: [{ effect: 'read', objects: [] }] }],
    ['tables', { tables: [] }],
    ['unbounded', { unbounded: true }],
    ['database', { database: 'test' }],
    ['protocol', { protocol: 'mysql' }],
    ['rule', { rule: 'harmless' }],
    ['policy', { policy: 'p0' }],
    ['the agent\'s name', { agent: { name: 'other', owner: 'dana@example.com', groups: ['analytics'] } }],
    ['the agent\'s owner', { agent: { name: 'reporter', owner: 'eve@example.com', groups: ['analytics'] } }],
    ['expiresAt', { expiresAt: Date.UTC(2099, 0) }],
  ];

  test.each(fields)('a decision signed for another %s', async (_field, changes) => {
    const request = await open();
    forge = approvedBy(await signed({ ...request, ...changes }));
    await neverReleased(request);
  });

  const shown: readonly [string, Partial<ApprovalRequest>][] = [
    ...fields,
    ['reason', { reason: 'routine clean-up' }],
    ['context', { context: { purpose: 'safe' } }],
    ['session', { session: 'ses_2' }],
    ['channel', { channel: '#quiet' }],
    ['createdAt', { createdAt: 1 }],
    ['transaction', { transaction: { open: true, ageMs: 1 } }],
    ['seal', { seal: 'ey' }],
    ['id', { id: 'req_bbbbbbbbbbbbbbbb' }],
  ];

  test.each(shown)('the desk neither shows nor signs a request with a forged %s', async (_field, changes) => {
    const request = await open();
    forge = (one) => ({ ...one, ...changes });
    expect(await desk.get(request.id)).toBeUndefined();
    expect(await desk.list({})).toEqual([]);
    for (const person of [sam, kim]) {
      await expect(desk.decide(request.id, { decision: 'approve', person, channel: 'api' })).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(loud()).not.toEqual([]);
  });

  test('the desk shows no decision that was not signed for this request', async () => {
    const [other, request] = [await open(), await open({ quorum: 2 })];
    const own = await signed(request);
    const strangers = [await signed(other), await signed({ ...request, digest: other.digest.toUpperCase() }), { ...press('kim@example.com'), jws: 'a.b.c' }];
    forge = (one) => (one.id === request.id ? { ...one, decisions: [...strangers, { ...own, person: 'kim@example.com', reason: 'looks fine' }] } : one);
    expect((await desk.get(request.id))?.decisions).toEqual([own]);
  });

  test('the seal of another genuine request', async () => {
    const [harmless, request] = [await open({ text: 'select 1' }), await open()];
    forge = () => ({ ...harmless, id: request.id });
    expect(await desk.get(request.id)).toBeUndefined();
  });

  test('a forged expiresAt after the local time limit', async () => {
    const request = await open();
    const decision = await signed(request);
    await clock.advanceAsync(60_000);
    forge = approvedBy(decision);
    yes = true;
    expect(await approvals.release(request)).toBe(false);
  });

  test('the approval of another request for the same bytes', async () => {
    const [earlier, request] = [await open(), await open()];
    forge = approvedBy(await signed(earlier));
    await neverReleased(request);
  });

  test.each(['dana@example.com', 'DANA@EXAMPLE.COM', ' dana@example.com '])('a genuine signature of the owner, as %s', async (owner) => {
    const request = await open();
    forge = approvedBy(await signed(request, owner));
    await neverReleased(request);
  });

  test('a genuine signature of the human the agent acts for', async () => {
    const request = await open({ agent: { name: 'reporter', owner: 'dana@example.com', actsFor: 'Sam@example.com', groups: [] } });
    forge = approvedBy(await signed(request));
    await neverReleased(request);
  });

  test('the signature of a key that is not trusted', async () => {
    const request = await open();
    forge = approvedBy(await signDecision(request, press('sam@example.com'), newKeys()));
    await neverReleased(request);
  });

  test('a signed denial hidden behind the state approved', async () => {
    const request = await open();
    const [yea, nay] = [await signed(request), await signDecision(request, press('kim@example.com', 'deny'), keys)];
    forge = approvedBy(yea, nay);
    await neverReleased(request);
  });

  test('a denial passed off as an approval', async () => {
    const request = await open();
    const nay = await signDecision(request, press('kim@example.com', 'deny'), keys);
    forge = approvedBy({ ...nay, decision: 'approve' });
    await neverReleased(request);
  });

  test('garbage in place of decisions', async () => {
    const request = await open();
    forge = approvedBy(...([{}, { jws: 7 }, { jws: '' }, { jws: 'a.b.c' }] as unknown as SignedDecision[]));
    await neverReleased(request);
  });

  test('junk beside a genuine approval takes nothing away from it', async () => {
    const request = await open();
    forge = approvedBy({ ...press('x'), jws: 'a.b.c' }, await signed(request));
    yes = true;
    expect(await approvals.release(request)).toBe(true);
    expect(loud()).not.toEqual([]);
  });

  test('a request set back to approved runs once', async () => {
    const request = await open();
    const decision = await signed(request);
    forge = approvedBy(decision);
    yes = true;
    const answers = await Promise.all(Array.from({ length: 50 }, () => approvals.release(request)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await approvals.release({ ...request })).toBe(false);
  });

  test.each(['denied', 'withdrawn', 'expired', 'released', 'finished', 'failed'] as const)('a forged %s merely refuses', async (state) => {
    const request = await open();
    forge = (one) => ({ ...one, state });
    const resolution = approvals.resolution(request, forever);
    await clock.advanceAsync(10_000);
    expect((await resolution).state).not.toBe('approved');
    expect(await approvals.release(request)).toBe(false);
  });

  test('an approved request asked for with other bytes', async () => {
    const request = await open();
    forge = approvedBy(await signed(request));
    yes = true;
    expect(await approvals.release({ ...request, text: 'drop table customers', digest: draft(0, { text: 'drop table customers' }).digest })).toBe(false);
  });

  test('an answer of the store that comes after the time limit', async () => {
    const request = await open();
    forge = approvedBy(await signed(request));
    yes = true;
    const released = approvals.release(request);
    late = () => clock.advance(60_000);
    expect(await released).toBe(false);
  });

  test('withdrawn while its release is under way', async () => {
    const request = await open();
    forge = approvedBy(await signed(request));
    yes = true;
    const released = approvals.release(request);
    await approvals.withdraw(request.id, 'the agent disconnected');
    expect(await released).toBe(false);
  });
});

describe('a deferred statement', () => {
  const deferred = (changes: Partial<RequestDraft> = {}) => draft(clock.now(), { mode: 'deferred', ...changes });

  /** Opened in one session; approved; then sent again in another. */
  async function approvedOnce(): Promise<ApprovalRequest> {
    const request = await approvals.open(deferred());
    await desk.decide(request.id, { decision: 'approve', person: sam, channel: 'api' });
    return request;
  }

  const again = (changes: Partial<RequestDraft> = {}) => {
    const own = deferred({ session: 'ses_2', transaction: { open: true, ageMs: 5 }, context: {}, ...changes });
    return approvals.find(own.digest, own);
  };

  async function releases(found: ApprovalRequest | undefined): Promise<boolean> {
    return found !== undefined && approvals.release(found);
  }

  test('is released to another session that sends the same again, once', async () => {
    const request = await approvedOnce();
    await clock.advanceAsync(20_000);
    const found = await again();
    expect(found).toMatchObject({ id: request.id, state: 'approved', session: 'ses_2', expiresAt: request.expiresAt });
    expect(await releases(found)).toBe(true);
    expect(await releases(found)).toBe(false);
    expect(await again()).toBeUndefined();
  });

  test('is released late in its time, long after it was approved', async () => {
    const long = { createdAt: clock.now(), expiresAt: clock.now() + 900_000 };
    const request = await approvals.open(deferred(long));
    await desk.decide(request.id, { decision: 'approve', person: sam, channel: 'api' });
    await clock.advanceAsync(880_000);
    expect(await releases(await again({ createdAt: clock.now(), expiresAt: clock.now() + 900_000 }))).toBe(true);
  });

  test('is not released on hearsay', async () => {
    const request = await approvedOnce();
    const found = await approvals.find(request.digest);
    expect(found?.state).toBe('approved');
    expect(await releases(found)).toBe(false);
    expect(loud()).not.toEqual([]);
  });

  test('is not released twice by a store that is set back', async () => {
    const request = await approvedOnce();
    const approved = await honest.get(request.id);
    const own = deferred({ session: 'ses_2' });
    expect(await releases(await again())).toBe(true);
    forge = () => approved as ApprovalRequest;
    yes = true;
    expect(await approvals.release({ ...(approved as ApprovalRequest), ...own })).toBe(false);
  });

  test.each<[string, Partial<RequestDraft>]>([
    ['other bytes', { text: 'drop table customers' }],
    ['another quorum', { quorum: 2 }],
    ['other approvers', { approvers: ['oncall'] }],
    ['another policy', { policy: 'p2' }],
    ['an owner who approved it', { agent: { name: 'reporter', owner: 'sam@example.com', groups: ['analytics'] } }],
  ])('is not released for %s', async (_name, changes) => {
    const request = await approvedOnce();
    forge = (one) => ({ ...one, digest: deferred(changes).digest });
    const found = await approvals.find(deferred(changes).digest, deferred(changes)) ?? { ...request, ...deferred(changes) };
    yes = true;
    expect(await approvals.release(found)).toBe(false);
  });

  test('an inline approval of the same bytes is not spent on it', async () => {
    const inline = await open();
    const decision = await signed(inline);
    await approvals.open(deferred());
    forge = (one) => ({ ...one, id: inline.id, state: 'approved', decisions: [decision] });
    yes = true;
    expect(await releases(await again())).toBe(false);
  });

  test('neither are other bytes released under the id of a held one', async () => {
    const inline = await open({ text: 'select 1' });
    const decision = await signed(inline);
    await approvals.open(deferred());
    forge = (one) => ({ ...one, id: inline.id, state: 'approved', decisions: [decision] });
    yes = true;
    expect(await releases(await again())).toBe(false);
  });

  test('a revived approval is too old', async () => {
    const request = await approvedOnce();
    const approved = await honest.get(request.id) as ApprovalRequest;
    await clock.advanceAsync(60_000);
    forge = () => ({ ...approved, expiresAt: Date.UTC(2099, 0) });
    yes = true;
    const fresh = deferred();
    expect(await approvals.release({ ...approved, ...fresh })).toBe(false);
  });
});
