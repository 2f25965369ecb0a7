import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newRequestId } from '../../src/approval/ids.ts';
import { DEFERRED_PER_AGENT } from '../../src/approval/store.ts';
import type { ApprovalStore, NewRequest } from '../../src/approval/store.ts';
import { escalatingContract } from './escalating.contract.ts';
import { approve, deny, draft as draftOf } from './support.ts';

/** A store under test, and ways to act on it that differ by kind. */
export interface Subject {
  readonly store: ApprovalStore;
  /** The store's time; requests are made relative to it. */
  now(): number;
  /** Lets the store's own time pass. */
  pass(ms: number): Promise<void>;
  /** Keeps ended requests for this long. */
  readonly retainMs: number;
}

/** What every store must do. `open` makes a fresh, empty one. */
export function storeContract(name: string, open: () => Promise<Subject>): void {
  describe(`${name}: the contract of stores`, () => {
    let subject: Subject;
    let store: ApprovalStore;

    beforeEach(async () => {
      subject = await open();
      ({ store } = subject);
    });
    afterEach(() => store.close());

    function request(changes: Parameters<typeof draftOf>[1] = {}, leftMs = 60_000): NewRequest {
      return { id: newRequestId(), draft: draftOf(subject.now(), changes), seal: 'seal', leftMs };
    }

    async function opened(changes: Parameters<typeof draftOf>[1] = {}, leftMs = 60_000): Promise<string> {
      return (await store.open(request(changes, leftMs))).id;
    }

    test('gives back what was opened, in every field', async () => {
      const given = request({ parameters: ['1', null, '', '\\x00ff'], text: 'select \u202E\'é\u{1F600}\' -- \n\t', channel: '#db', context: { model: 'm', '': 'x' } });
      const stored = await store.open(given);
      expect(stored).toEqual({ ...given.draft, id: given.id, state: 'pending', decisions: [], changedAt: expect.any(Number), seal: 'seal' });
      expect(await store.get(given.id)).toEqual(stored);
      expect(Math.abs(stored.changedAt - subject.now())).toBeLessThan(5_000);
    });

    test('knows nothing of other ids', async () => {
      expect(await store.get('req_aaaaaaaaaaaaaaaa')).toBeUndefined();
      expect(await store.decide('req_aaaaaaaaaaaaaaaa', approve('a@x'))).toEqual({ ok: false, why: 'not_found' });
      expect(await store.move('req_aaaaaaaaaaaaaaaa', 'withdrawn')).toBe(false);
      expect(await store.states(['req_aaaaaaaaaaaaaaaa'])).toEqual([undefined]);
    });

    test('opening the same id again changes nothing', async () => {
      const given = request();
      await store.open(given);
      await store.decide(given.id, approve('a@x'));
      expect((await store.open(given)).state).toBe('approved');
    });

    test('approved by a quorum of different people', async () => {
      const id = await opened({ quorum: 2 });
      expect(await store.decide(id, approve('a@x'))).toMatchObject({ ok: true, request: { state: 'pending' } });
      expect(await store.decide(id, approve('A@X'))).toEqual({ ok: false, why: 'already_voted' });
      expect(await store.decide(id, approve('b@x'))).toMatchObject({ ok: true, request: { state: 'approved', decisions: [{ person: 'a@x' }, { person: 'b@x' }] } });
      expect(await store.decide(id, deny('c@x'))).toEqual({ ok: false, why: 'already_decided' });
    });

    test('one deny ends it, also by one who has approved', async () => {
      const id = await opened({ quorum: 2 });
      await store.decide(id, approve('a@x'));
      expect(await store.decide(id, deny('a@x', 'no'))).toMatchObject({ ok: true, request: { state: 'denied', decisions: [{}, { reason: 'no' }] } });
      expect(await store.decide(id, approve('b@x'))).toEqual({ ok: false, why: 'already_decided' });
    });

    test('the same decision again is answered as the first time', async () => {
      const id = await opened();
      const decision = approve('a@x');
      await store.decide(id, decision);
      expect(await store.decide(id, decision)).toMatchObject({ ok: true, request: { state: 'approved', decisions: [decision] } });
    });

    test('200 deciders at once: one outcome', async () => {
      const id = await opened();
      const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => store.decide(id, n % 2 === 0 ? approve(`a${n}@x`) : deny(`d${n}@x`))));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      const after = await store.get(id);
      expect(after?.decisions).toHaveLength(1);
      expect(after?.state).toBe(after?.decisions[0]?.decision === 'approve' ? 'approved' : 'denied');
    });

    test('200 deciders at once with a quorum of 90: approved by exactly 90', async () => {
      const id = await opened({ quorum: 90 });
      const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => store.decide(id, approve(`a${n}@x`))));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(90);
      expect(await store.get(id)).toMatchObject({ state: 'approved', decisions: { length: 90 } });
    });

    test('released once, and again only to the same claim', async () => {
      const id = await opened();
      expect(await store.move(id, 'released', { claim: 'a' })).toBe(false);
      await store.decide(id, approve('a@x'));
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => store.move(id, 'released', { claim: `c${n}` })));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store.move(id, 'released', { claim: `c${answers.indexOf(true)}` })).toBe(true);
      expect(await store.move(id, 'released')).toBe(false);
    });

    test('the steps of the state machine and no others', async () => {
      const id = await opened();
      expect(await store.move(id, 'finished')).toBe(false);
      await store.decide(id, approve('a@x'));
      expect(await store.move(id, 'failed')).toBe(false);
      expect(await store.move(id, 'released', { claim: 'a' })).toBe(true);
      expect(await store.move(id, 'withdrawn')).toBe(false);
      expect(await store.move(id, 'expired')).toBe(false);
      expect(await store.move(id, 'finished', { outcome: { tag: 'DROP TABLE', rows: 0, ms: 3 } })).toBe(true);
      expect(await store.move(id, 'failed')).toBe(false);
      expect(await store.get(id)).toMatchObject({ state: 'finished', outcome: { tag: 'DROP TABLE', rows: 0, ms: 3 } });
    });

    test.each(['withdrawn', 'expired'] as const)('%s, pending or approved, with a note', async (to) => {
      const [one, other] = [await opened(), await opened()];
      await store.decide(other, approve('a@x'));
      for (const id of [one, other]) {
        expect(await store.move(id, to, { note: 'because' })).toBe(true);
        expect(await store.get(id)).toMatchObject({ state: to, note: 'because' });
        expect(await store.move(id, 'released', { claim: 'c' })).toBe(false);
      }
    });

    describe('past the time limit', () => {
      test('a decision fails, though nobody has marked it', async () => {
        const id = await opened({}, 300);
        await subject.pass(310);
        expect(await store.decide(id, approve('a@x'))).toEqual({ ok: false, why: 'expired' });
        expect((await store.get(id))?.state).toBe('expired');
      });

      test('an approval is not released', async () => {
        const id = await opened({}, 300);
        await store.decide(id, approve('a@x'));
        await subject.pass(310);
        expect(await store.move(id, 'released', { claim: 'a' })).toBe(false);
        expect(await store.states([id])).toEqual(['expired']);
      });

      test('lists and sweeps see it as expired, and tell', async () => {
        const told: string[] = [];
        const id = await opened({}, 300);
        await subject.pass(310);
        const heard = new Promise<void>((resolve) => {
          store.listen({ changed: (changed, state) => { told.push(`${changed} ${state}`); if (state === 'expired') resolve(); }, resync: () => {} });
        });
        await store.sweep();
        await heard;
        expect(told).toContain(`${id} expired`);
        expect(await store.list({ state: 'pending' })).toEqual([]);
        expect((await store.list({ state: 'expired' })).map((one) => one.id)).toEqual([id]);
      });

      test('a limit that is over already expires at once', async () => {
        const given = request({}, -1);
        await store.open(given);
        expect((await store.get(given.id))?.state).toBe('expired');
      });
    });

    describe('by digest', () => {
      const digest = 'd'.repeat(64);

      test('a deferred request is found while pending or approved', async () => {
        expect(await store.find(digest)).toBeUndefined();
        const id = await opened({ mode: 'deferred', digest });
        expect(await store.find(digest)).toMatchObject({ id, state: 'pending' });
        await store.decide(id, approve('a@x'));
        expect(await store.find(digest)).toMatchObject({ id, state: 'approved' });
        await store.move(id, 'released', { claim: 'a' });
        expect(await store.find(digest)).toBeUndefined();
      });

      test('opening it again joins the first; once that has ended it is a new one', async () => {
        const id = await opened({ mode: 'deferred', digest });
        const answers = await Promise.all(Array.from({ length: 20 }, () => opened({ mode: 'deferred', digest })));
        expect(new Set(answers)).toEqual(new Set([id]));
        await store.decide(id, deny('a@x'));
        expect(await opened({ mode: 'deferred', digest })).not.toBe(id);
      });

      test('inline requests are neither joined nor found', async () => {
        const id = await opened({ digest });
        expect(await store.find(digest)).toBeUndefined();
        expect(await opened({ digest })).not.toBe(id);
        expect(await opened({ mode: 'deferred', digest })).not.toBe(id);
      });

      test('not past its time', async () => {
        const id = await opened({ mode: 'deferred', digest }, 300);
        await store.decide(id, approve('a@x'));
        await subject.pass(310);
        expect(await store.find(digest)).toBeUndefined();
        expect(await opened({ mode: 'deferred', digest })).not.toBe(id);
      });
    });

    test('an agent can have only so many deferred requests at once, and no other suffers from it', async () => {
      const open = (digest: number, agent = 'hog') => opened({ mode: 'deferred', digest: String(digest), agent: { name: agent, owner: 'o@x', groups: [] } });
      const ids: string[] = [];
      for (let n = 0; n < DEFERRED_PER_AGENT; n += 1) ids.push(await open(n));
      await expect(open(1_000)).rejects.toMatchObject({ code: 'too_many_requests' });
      expect(await open(0)).toBe(ids[0]);
      expect(await open(1_000, 'other')).toMatch(/^req_/);
      await store.decide(ids[5] ?? '', deny('a@x'));
      expect(await open(2_000)).toMatch(/^req_/);
      await expect(open(3_000)).rejects.toMatchObject({ code: 'too_many_requests' });
    });

    test('lists newest first, by state, in pages that keep their place when requests move on', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 7; n += 1) ids.unshift(await opened({ createdAt: 1_000 + n }));
      const page = await store.list({ state: 'pending', limit: 3 });
      expect(page.map((one) => one.id)).toEqual(ids.slice(0, 3));
      await store.decide(ids[2] ?? '', deny('a@x'));
      const rest = await store.list({ state: 'pending', limit: 10, before: ids[2] ?? '' });
      expect(rest.map((one) => one.id)).toEqual(ids.slice(3));
      expect((await store.list({})).map((one) => one.id)).toEqual(ids);
      expect((await store.list({ state: 'denied' })).map((one) => one.id)).toEqual([ids[2]]);
      expect(await store.list({ before: 'req_aaaaaaaaaaaaaaaa' })).toEqual([]);
    });

    test('requests made in the same millisecond keep one order over pages', async () => {
      for (let n = 0; n < 6; n += 1) await opened({ createdAt: 1_000 });
      const whole = (await store.list({})).map((one) => one.id);
      const paged: string[] = [];
      for (let page = await store.list({ limit: 1 }); page[0]; page = await store.list({ limit: 1, before: page[0].id })) paged.push(page[0].id);
      expect(paged).toEqual(whole);
      expect(new Set(paged).size).toBe(6);
    });

    test('tells every change, and what changed since', async () => {
      const told: string[] = [];
      let done = () => {};
      const all = new Promise<void>((resolve) => { done = resolve; });
      const stop = store.listen({ changed: (id, state) => { told.push(`${id} ${state}`); if (state === 'finished') done(); }, resync: () => {} });
      const before = subject.now();
      const id = await opened();
      await store.decide(id, approve('a@x'));
      await store.move(id, 'released', { claim: 'a' });
      await store.move(id, 'finished');
      await all;
      expect(told).toEqual(['pending', 'approved', 'released', 'finished'].map((state) => `${id} ${state}`));
      expect(await store.changedSince(before - 1_000)).toEqual([id]);
      expect(await store.changedSince(subject.now() + 60_000)).toEqual([]);
      stop();
    });

    test('forgets what ended long ago, and only that', async () => {
      const [ended, waits] = [await opened(), await opened()];
      await store.decide(ended, deny('a@x'));
      await subject.pass(subject.retainMs + 10);
      await store.sweep();
      expect(await store.get(ended)).toBeUndefined();
      expect((await store.list({})).map((one) => one.id)).toEqual([waits]);
      expect(await store.changedSince(0)).toEqual([waits]);
    });

    test('one who breaks the glass is enough, voted before or not', async () => {
      for (const voters of [[], ['a@x'], ['b@x', 'a@x']]) {
        const id = await opened({ quorum: 4 });
        for (const voter of voters) await store.decide(id, approve(voter));
        expect(await store.decide(id, { ...approve('a@x'), breakGlass: true })).toMatchObject({ ok: true, request: { state: 'approved' } });
        expect(await store.decide(id, approve('c@x'))).toEqual({ ok: false, why: 'already_decided' });
      }
    });

    test('keeps the newest record of each name on a shelf, and tells everybody', async () => {
      const told = new Set<string>();
      const stop = store.listen({ changed: () => {}, resync: () => {}, recorded: (shelf) => told.add(shelf) });
      expect(await store.records('freezes')).toEqual([]);
      for (const [agent, record] of [['a', '1'], ['b', '2'], ['a', '3']] as const) await store.putRecord('freezes', agent, record);
      expect((await store.records('freezes')).toSorted()).toEqual(['2', '3']);
      expect(await store.records('sign-outs')).toEqual([]);
      await store.putRecord('sign-outs', 'a', '4');
      await vi.waitFor(() => expect([...told]).toEqual(['freezes', 'sign-outs']));
      stop();
    });

    test('forgets a record when its time is over, and none that was put there anew or has none', async () => {
      await store.putRecord('sign-outs', 'short', '1', 100);
      await store.putRecord('sign-outs', 'renewed', '2', 100);
      await store.putRecord('sign-outs', 'renewed', '3', 60_000);
      await store.putRecord('sign-outs', 'kept', '4', 100);
      await store.putRecord('sign-outs', 'kept', '5');
      await subject.pass(150);
      expect((await store.records('sign-outs')).toSorted()).toEqual(['3', '5']);
    });

    test('a lease has one holder, who keeps it, until it is over or given back', async () => {
      const holders = Array.from({ length: 20 }, (_, n) => `h${n}`);
      const answers = await Promise.all(holders.map((holder) => store.lease('slack', holder, 300)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      const holder = holders[answers.indexOf(true)] ?? '';
      expect(await store.lease('webhooks', 'another', 300)).toBe(true);
      await subject.pass(200);
      expect(await store.lease('slack', holder, 300)).toBe(true);
      await subject.pass(200);
      expect(await store.lease('slack', 'another', 300)).toBe(false);
      await subject.pass(150);
      expect(await store.lease('slack', 'another', 300)).toBe(true);
      expect(await store.lease('slack', holder, 0)).toBe(false);
      expect(await store.lease('slack', 'another', 0)).toBe(true);
      expect(await store.lease('slack', holder, 300)).toBe(true);
    });

    test('a bookmark moves forward only', async () => {
      expect(await store.bookmark('hook')).toBe(0);
      expect(await store.bookmark('hook', 1_700_000_000_500)).toBe(1_700_000_000_500);
      expect(await store.bookmark('hook', 1_700_000_000_100)).toBe(1_700_000_000_500);
      expect([await store.bookmark('hook'), await store.bookmark('other')]).toEqual([1_700_000_000_500, 0]);
    });

    test('of what is asked for it gives as much as the hour has left, and takes back what wasn\'t needed', async () => {
      expect([await store.spend('a', 60, 100), await store.spend('a', 60, 100), await store.spend('a', 1, 100)]).toEqual([60, 40, 0]);
      expect(await store.spend('b', 100, 100)).toBe(100);
      expect([await store.spend('a', -30, 100), await store.spend('a', 60, 100)]).toEqual([-30, 30]);
      expect([await store.spend('a', -500, 100), await store.spend('a', 500, 100)]).toEqual([-100, 100]);
      await store.renew('a');
      expect([await store.spend('a', 10, 100), await store.spend('b', 1, 100)]).toEqual([10, 0]);
    });

    test('gives no more than there is to many who ask at once', async () => {
      const granted = await Promise.all(Array.from({ length: 50 }, () => store.spend('many', 7, 200)));
      expect(granted.reduce((sum, one) => sum + one, 0)).toBe(200);
    });

    test('says that it is well', async () => {
      expect(await store.healthy()).toBe(true);
    });
  });
  escalatingContract(name, open);
}
