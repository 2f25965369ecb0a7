import { beforeEach, describe, expect, test } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { ApprovalStore, StoreListener } from '../../src/approval/store.ts';
import { view } from '../../src/approval/view.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Person } from '../../src/identity/person.ts';
import { dana, draft, ivy, kim, newKeys, people, recorder, root, sam, settled } from './support.ts';

const keys = newKeys();
let clock: FakeClock;
let store: ReturnType<typeof createMemoryStore>;
let approvals: ReturnType<typeof createApprovals>;
let desk: ReturnType<typeof createDesk>;
let journalled: JournalEvent[];

beforeEach(() => {
  clock = new FakeClock();
  store = createMemoryStore({ clock });
  journalled = [];
  const journal = {
    append: (event: JournalEvent) => journalled.push(event), ended: () => {}, written: (callback: () => void) => callback(),
    durable: async () => {}, writable: true, close: async () => {},
  };
  approvals = createApprovals({ store, keys, clock, log: recorder().log });
  desk = createDesk({ store, keys, people, clock, journal });
});

const approve = (person: Person) => ({ decision: 'approve', person, channel: 'api' }) as const;
const deny = (person: Person, reason?: string) => ({ decision: 'deny', person, channel: 'api', ...(reason !== undefined && { reason }) }) as const;
const open = (changes = {}) => approvals.open(draft(clock.now(), changes));
const forever = new AbortController().signal;

describe('a press', () => {
  test('by an approver of the group releases the waiting statement, once', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    expect((await desk.decide(request.id, approve(sam))).state).toBe('approved');
    expect(await resolution).toMatchObject({ state: 'approved', decisions: [{ person: 'sam@example.com', channel: 'api', decision: 'approve' }] });
    expect(await approvals.release(request)).toBe(true);
    expect(await approvals.release(request)).toBe(false);
  });

  test('to deny ends it, with the reason', async () => {
    const request = await open({ quorum: 2 });
    const resolution = approvals.resolution(request, forever);
    await desk.decide(request.id, approve(sam));
    await desk.decide(request.id, deny(kim, 'not on a Friday'));
    expect(await resolution).toMatchObject({ state: 'denied', decisions: [{ person: 'sam@example.com' }, { person: 'kim@example.com', reason: 'not on a Friday' }] });
    expect(await approvals.release(request)).toBe(false);
  });

  test('is recorded with its signature', async () => {
    const request = await open();
    await desk.decide(request.id, approve(sam));
    expect(journalled).toEqual([expect.objectContaining({ kind: 'request.decided', request: request.id, person: 'sam@example.com', decision: 'approve', jws: expect.stringMatching(/^ey/) })]);
  });

  test('by somebody who approved before may still deny', async () => {
    const request = await open({ quorum: 2 });
    await desk.decide(request.id, approve(sam));
    expect((await desk.decide(request.id, deny(sam))).state).toBe('denied');
  });
});

describe('refused with a code and a sentence:', () => {
  const cases: readonly [string, Person, string, RegExp, object?][] = [
    ['the owner, whatever the case of the address', dana, 'self_approval', /You own the agent reporter/],
    ['the human it acts for', sam, 'self_approval', /acts for you/, { agent: { name: 'reporter', owner: 'dana@example.com', actsFor: 'SAM@example.com', groups: [] } }],
    ['an admin who is no approver', root, 'not_an_approver', /role approver/],
    ['an approver of another group', ivy, 'not_an_approver', /none of the groups.*dba/],
    ['somebody the directory does not know', { ...sam, email: 'eve@example.com' }, 'not_an_approver', /not among the people/],
    ['roles the caller claims but the directory does not', { ...root, roles: ['approver'] }, 'not_an_approver', /role approver/],
  ];
  test.each(cases)('%s', async (_name, person, code, message, changes) => {
    const request = await open(changes);
    for (const press of [approve(person), deny(person)]) {
      await expect(desk.decide(request.id, press)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect((await desk.get(request.id))?.state).toBe('pending');
    expect(journalled).toEqual([]);
  });

  test('an unknown request', async () => {
    await expect(desk.decide('req_aaaaaaaaaaaaaaaa', approve(sam))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a decided one, naming who', async () => {
    const request = await open();
    await desk.decide(request.id, deny(kim));
    await expect(desk.decide(request.id, approve(sam))).rejects.toMatchObject({ code: 'already_decided', message: 'Too late: this request was denied by kim@example.com.' });
  });

  test('a withdrawn one', async () => {
    const request = await open();
    await approvals.withdraw(request.id, 'the agent disconnected');
    await expect(desk.decide(request.id, approve(sam))).rejects.toMatchObject({ code: 'already_decided', message: expect.stringContaining('no longer waits') });
  });

  test('an expired one', async () => {
    const request = await open();
    await clock.advanceAsync(60_000);
    await expect(desk.decide(request.id, approve(sam))).rejects.toMatchObject({ code: 'expired' });
  });

  test('the second approval of the same person, in any spelling', async () => {
    const request = await open({ quorum: 2 });
    await desk.decide(request.id, approve(sam));
    await expect(desk.decide(request.id, approve({ ...sam, email: ' SAM@example.com' }))).rejects.toMatchObject({ code: 'already_voted', message: expect.stringContaining('1 of 2') });
    expect((await desk.get(request.id))?.state).toBe('pending');
    expect((await desk.decide(request.id, approve(kim))).state).toBe('approved');
  });

  test('what was shown is not what is there', async () => {
    const request = await open();
    await expect(desk.decide(request.id, { ...approve(sam), seen: view({ ...request, text: 'select 1' }) })).rejects.toMatchObject({ code: 'incomplete_view' });
    expect((await desk.decide(request.id, { ...approve(sam), seen: view(request) })).state).toBe('approved');
  });
});

test('the list is by state, newest first, in pages', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.unshift((await open()).id);
    await clock.advanceAsync(1_000);
  }
  const first = await desk.list({ state: 'pending', limit: 2 });
  const second = await desk.list({ state: 'pending', limit: 9, before: first.at(-1)?.id ?? '' });
  expect([...first, ...second].map((one) => one.id)).toEqual(ids);
  expect(await desk.list({ state: 'denied' })).toEqual([]);
});

test('watch tells what happens from the call on, and ends with its signal', async () => {
  const early = await open();
  await settled();
  const stop = new AbortController();
  const news = desk.watch(stop.signal);
  const request = await open();
  const seen: string[] = [];
  const done = (async () => {
    for await (const one of news) seen.push(`${one.id} ${one.state} ${one.decisions.length}`);
  })();
  await settled();
  await desk.decide(request.id, approve(sam));
  await settled();
  await desk.decide(early.id, deny(sam));
  await settled();
  stop.abort();
  await done;
  expect(seen).toEqual([`${request.id} pending 0`, `${request.id} approved 1`, `${early.id} denied 1`]);
});

test('watch repeats nothing after a gap, and tells what it missed', async () => {
  const listeners: StoreListener[] = [];
  const deaf: ApprovalStore = new Proxy(store, {
    get: (_target, name) => name === 'listen'
      ? (listener: StoreListener) => { listeners.push(listener); return () => {}; }
      : (store[name as keyof ApprovalStore] as () => unknown).bind(store),
  });
  const stop = new AbortController();
  const news = createDesk({ store: deaf, keys, people, clock }).watch(stop.signal)[Symbol.asyncIterator]();
  const first = await open();
  listeners.forEach((listener) => listener.changed(first.id, 'pending'));
  expect((await news.next()).value).toMatchObject({ id: first.id, state: 'pending' });
  const missed = await open();
  listeners.forEach((listener) => listener.resync());
  expect((await news.next()).value).toMatchObject({ id: missed.id, state: 'pending' });
  await desk.decide(first.id, deny(sam));
  listeners.forEach((listener) => listener.resync());
  expect((await news.next()).value).toMatchObject({ id: first.id, state: 'denied' });
  stop.abort();
  expect((await news.next()).done).toBe(true);
});

describe('people beside the approvers', () => {
  const escalation = (after: number) => ({ escalation: { approvers: ['interns'], at: clock.now() + after } });

  test('may decide when nobody has for so long, and not before', async () => {
    const request = await open(escalation(30_000));
    await expect(desk.decide(request.id, approve(ivy))).rejects.toMatchObject({ code: 'not_an_approver', hint: expect.stringMatching(/From .*Z on, so can those in interns/) });
    await clock.advanceAsync(30_000);
    const resolution = approvals.resolution(request, forever);
    await desk.decide(request.id, approve(ivy));
    expect(await resolution).toMatchObject({ state: 'approved' });
    expect(await approvals.release(request)).toBe(true);
  });

  test('still never decide about their own', async () => {
    const request = await open({ ...escalation(0), agent: { name: 'reporter', owner: 'ivy@example.com', groups: [] }, breakGlass: ['interns'] });
    await expect(desk.decide(request.id, approve(ivy))).rejects.toMatchObject({ code: 'self_approval' });
    await expect(desk.decide(request.id, { ...approve(ivy), breakGlass: true, reason: 'mine' })).rejects.toMatchObject({ code: 'self_approval' });
  });

  test('break the glass alone, with a reason, and everybody hears of it', async () => {
    const { log, lines } = recorder();
    desk = createDesk({ store, keys, people, clock, log, journal: { append: (event: JournalEvent) => journalled.push(event) } as never });
    const request = await open({ quorum: 3, breakGlass: ['oncall'] });
    const resolution = approvals.resolution(request, forever);
    await desk.decide(request.id, approve(kim));
    for (const reason of [undefined, '', '  ']) {
      await expect(desk.decide(request.id, { ...approve(kim), breakGlass: true, ...(reason !== undefined && { reason }) })).rejects.toMatchObject({ code: 'reason_required' });
    }
    const broken = { decision: 'approve', channel: 'api', reason: 'the shop is down', breakGlass: true } as const;
    await expect(desk.decide(request.id, { ...broken, person: sam })).rejects.toMatchObject({ code: 'not_an_approver', message: expect.stringContaining('oncall') });
    await expect(desk.decide(request.id, { ...broken, decision: 'deny', person: kim })).rejects.toMatchObject({ code: 'not_an_approver' });
    expect((await desk.decide(request.id, { ...broken, person: kim })).state).toBe('approved');
    expect(await resolution).toMatchObject({ state: 'approved' });
    expect(await approvals.release(request)).toBe(true);
    expect(journalled.at(-1)).toMatchObject({ kind: 'request.decided', person: 'kim@example.com', breakGlass: true, reason: 'the shop is down' });
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('break no glass where the rule has none', async () => {
    const request = await open({ quorum: 2 });
    await expect(desk.decide(request.id, { ...approve(kim), breakGlass: true, reason: 'now' })).rejects.toMatchObject({ code: 'not_an_approver', message: expect.stringContaining('Nobody may break the glass') });
  });
});
