import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newRequestId } from '../../src/approval/ids.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import type { Subject } from './store.contract.ts';
import { approve, deny, draft } from './support.ts';

/** What every store must do when the time comes at which further people may decide. `open` makes a fresh, empty one. */
export function escalatingContract(name: string, open: () => Promise<Subject>): void {
  describe(`${name}: at its time to escalate`, () => {
    let subject: Subject;
    let store: ApprovalStore;

    beforeEach(async () => {
      subject = await open();
      ({ store } = subject);
    });
    afterEach(() => store.close());

    async function escalating(changes: Parameters<typeof draft>[1] = {}, leftMs = 60_000): Promise<string> {
      const given = draft(subject.now(), { escalation: { approvers: ['managers'], at: subject.now() + 300 }, ...changes });
      return (await store.open({ id: newRequestId(), draft: given, seal: 'seal', leftMs, escalatesMs: 300 })).id;
    }

    test('a pending request is marked once, whoever asks, and everybody is told', async () => {
      const told: string[] = [];
      const [one, other] = [await escalating(), await escalating({ mode: 'deferred', quorum: 2 })];
      await store.open({ id: newRequestId(), draft: draft(subject.now()), seal: 'seal', leftMs: 60_000 });
      await store.decide(other, approve('a@x'));
      expect(await store.escalate()).toBeUndefined();
      await subject.pass(310);
      const before = (await store.get(one))?.changedAt ?? Infinity;
      let heard = () => {};
      const all = new Promise<void>((resolve) => { heard = resolve; });
      store.listen({ changed: (id, state) => { if (told.push(`${id} ${state}`) === 2) heard(); }, resync: () => {} });
      const marked = (await Promise.all(Array.from({ length: 20 }, () => store.escalate()))).filter((request) => request !== undefined);
      await all;
      expect(new Set(marked.map(({ id }) => id))).toEqual(new Set([one, other]));
      expect(marked).toHaveLength(2);
      expect(told.toSorted()).toEqual([`${one} pending`, `${other} pending`].toSorted());
      for (const request of marked) {
        expect(request).toMatchObject({ state: 'pending', escalatedAt: request.changedAt });
        expect(await store.get(request.id)).toEqual(request);
      }
      expect(marked[0]?.changedAt).toBeGreaterThan(before);
      expect((await store.list({ state: 'pending' })).map(({ id }) => id)).toEqual(expect.arrayContaining([one, other]));
      expect((await store.decide(one, approve('b@x'))).ok).toBe(true);
    });

    test('what was decided, withdrawn or has expired by then is not', async () => {
      const [denied, approved, withdrawn] = [await escalating(), await escalating(), await escalating()];
      await escalating({}, 300);
      await store.decide(denied, deny('a@x'));
      await store.decide(approved, approve('a@x'));
      await store.move(withdrawn, 'withdrawn');
      await subject.pass(310);
      expect(await store.escalate()).toBeUndefined();
      expect(await store.get(approved)).not.toHaveProperty('escalatedAt');
    });
  });
}
