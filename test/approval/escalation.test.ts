import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { ApprovalsUnavailable } from '../../src/approval/failures.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import { newRequestId } from '../../src/approval/ids.ts';
import type { RequestDraft } from '../../src/approval/request.ts';
import { seal } from '../../src/approval/seal.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import type { Journal, JournalEvent } from '../../src/journal/events.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, ivy, kim, newKeys, people, recorder, sam, settled } from './support.ts';

const keys = newKeys();
const AFTER = 30_000;
/** How late it may be told. */
const SOON = 1_000;
let clock: FakeClock;
let store: ApprovalStore;
let journalled: JournalEvent[];
let approvals: ReturnType<typeof createApprovals>;
let desk: ReturnType<typeof createDesk>;

const journal = { append: (event: JournalEvent) => journalled.push(event) } as unknown as Journal;
const gate = (over = store, log = recorder().log) => createApprovals({ store: over, keys, clock, log, journal });

beforeEach(() => {
  clock = new FakeClock();
  store = createMemoryStore({ clock });
  journalled = [];
  approvals = gate();
  desk = createDesk({ store, keys, people, clock, log: recorder().log });
});

afterEach(() => approvals.close());

const terms = (): Pick<RequestDraft, 'escalation'> => ({ escalation: { approvers: ['interns'], at: clock.now() + AFTER } });
const open = (changes: Partial<RequestDraft> = {}) => approvals.open(draft(clock.now(), { ...terms(), ...changes }));
/** Signatures are verified off the loop, so it isn't known how many turns that takes. */
const recorded = (...requests: readonly { readonly id: string }[]) => expect.poll(() => journalled).toEqual(requests.map(({ id }) => ({ kind: 'request.escalated', request: id, approvers: ['interns'] })));
const marked = async ({ id }: { readonly id: string }) => (await store.get(id))?.escalatedAt !== undefined;
async function pass(ms: number): Promise<void> {
  await clock.advanceAsync(ms);
  await settled();
}

test.each(['inline', 'deferred'] as const)('a request held %s that still waits is marked at its time, and recorded once', async (mode) => {
  const stop = new AbortController();
  const heard: (number | undefined)[] = [];
  const request = await open({ mode });
  await open({ mode, digest: 'e'.repeat(64), escalation: { approvers: ['interns'], at: clock.now() + 50_000 } });
  const watching = (async () => { for await (const one of desk.watch(stop.signal)) heard.push(one.escalatedAt); })();
  await pass(AFTER - 1);
  expect(await marked(request)).toBe(false);
  await pass(SOON);
  await recorded(request);
  await expect.poll(() => heard.at(-1)).toBeGreaterThanOrEqual(clock.now() - SOON);
  await pass(15_000);
  await recorded(request);
  stop.abort();
  await watching;
});

test('one of several processes marks and records it', async () => {
  const others = [gate(), gate()];
  const request = await open();
  await pass(50_000);
  await recorded(request);
  for (const one of others) one.close();
});

test('a process that starts after the time does it, if none has', async () => {
  const request = await open({ mode: 'deferred' });
  approvals.close();
  await pass(AFTER + 5_000);
  expect(await marked(request)).toBe(false);
  approvals = gate();
  await pass(15_000);
  await recorded(request);
});

test('it is done when the store is back, and not for what has ended by then', async () => {
  let down = false;
  approvals.close();
  approvals = gate(new Proxy(store, {
    get: (_target, name) => (...args: unknown[]) => (down && name !== 'listen' ? Promise.reject(new ApprovalsUnavailable()) : (store[name as 'get'] as (...given: unknown[]) => unknown)(...args)),
  }));
  const [waiting, decided, withdrawn] = [await open(), await open(), await open()];
  await desk.decide(decided.id, { decision: 'approve', person: sam, channel: 'api' });
  down = true;
  await pass(AFTER + 5_000);
  await store.move(withdrawn.id, 'withdrawn');
  expect(await marked(waiting)).toBe(false);
  down = false;
  await pass(11_000);
  await recorded(waiting);
});

test.each([-3_600_000, 3_600_000])('a store whose clock is %i ms off marks it at the same time', async (ms) => {
  const offset = new FakeClock(clock.now() + ms);
  store = createMemoryStore({ clock: offset });
  approvals.close();
  approvals = gate();
  const request = await open();
  offset.advance(AFTER - 1);
  await pass(AFTER - 1);
  expect(await marked(request)).toBe(false);
  offset.advance(SOON);
  await pass(SOON);
  await recorded(request);
});

test('a desk that is some seconds behind takes the mark for it, so that who is told may decide', async () => {
  const { id } = await open();
  const late = new FakeClock(clock.now() - 5_000);
  const behind = createDesk({ store, keys, people, clock: late });
  late.advance(AFTER - 1);
  await pass(AFTER - 1);
  await expect(behind.decide(id, { decision: 'approve', person: ivy, channel: 'api' })).rejects.toMatchObject({ code: 'not_an_approver' });
  late.advance(SOON);
  await pass(SOON);
  expect(await behind.decide(id, { decision: 'approve', person: ivy, channel: 'api' })).toMatchObject({ state: 'approved' });
});

test('a mark that somebody has written into the store lets nobody decide early, and nothing that no gate has opened is recorded', async () => {
  const forged: ApprovalStore = new Proxy(store, {
    get: (_target, name) => (name === 'get' ? async (id: string) => ({ ...await store.get(id), escalatedAt: clock.now() }) : (store[name as keyof ApprovalStore] as () => unknown).bind(store)),
  });
  const later = draft(clock.now(), { escalation: { approvers: ['interns'], at: clock.now() + 600_000 }, expiresAt: clock.now() + 900_000 });
  const plain = draft(clock.now());
  const fooled = createDesk({ store: forged, keys, people, clock, log: recorder().log });
  for (const given of [later, plain]) {
    const { id } = await approvals.open(given);
    expect(await fooled.get(id)).not.toHaveProperty('escalatedAt');
    await expect(fooled.decide(id, { decision: 'approve', person: ivy, channel: 'api' })).rejects.toMatchObject({ code: 'not_an_approver' });
    expect(await fooled.decide(id, { decision: 'approve', person: kim, channel: 'api' })).toMatchObject({ state: 'approved' });
  }
  const { log, lines } = recorder();
  approvals.close();
  approvals = gate(store, log);
  const id = newRequestId();
  await store.open({ id, draft: later, seal: await seal(id, later, newKeys()), leftMs: 900_000, escalatesMs: 0 });
  const early = newRequestId();
  await store.open({ id: early, draft: later, seal: await seal(early, later, keys), leftMs: 900_000, escalatesMs: 0 });
  await pass(11_000);
  await expect.poll(() => lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['request'])).toEqual([id, early]);
  expect(journalled).toEqual([]);
});
