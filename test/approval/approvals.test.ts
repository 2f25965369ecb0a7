import { beforeEach, describe, expect, test } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { signDecision } from '../../src/approval/decision.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { ApprovalsUnavailable } from '../../src/approval/failures.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { RequestDraft } from '../../src/approval/request.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, kim, newKeys, people, recorder, sam, settled } from './support.ts';

const keys = newKeys();
const forever = new AbortController().signal;
let clock: FakeClock;
/** The store's own clock, which need not agree. */
let storeClock: FakeClock;
let memory: ApprovalStore;
let store: ApprovalStore;
let down: boolean;
let approvals: ReturnType<typeof createApprovals>;
let desk: ReturnType<typeof createDesk>;

beforeEach(() => {
  clock = new FakeClock();
  storeClock = new FakeClock();
  down = false;
  memory = createMemoryStore({ clock: storeClock });
  store = failing(memory);
  approvals = createApprovals({ store, keys, clock, log: recorder().log });
  desk = createDesk({ store: memory, keys, people, clock });
});

/** The same store, which doesn't answer while `down`. */
function failing(target: ApprovalStore): ApprovalStore {
  return new Proxy(target, {
    get(_target, name) {
      const method = target[name as Exclude<keyof ApprovalStore, 'reachable'>].bind(target) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => (down && name !== 'listen' ? Promise.reject(new ApprovalsUnavailable()) : method(...args));
    },
  });
}

const open = (changes: Partial<RequestDraft> = {}) => approvals.open(draft(clock.now(), changes));
const approve = (id: string) => desk.decide(id, { decision: 'approve', person: sam, channel: 'api' });

async function pass(ms: number): Promise<void> {
  storeClock.advance(ms);
  await clock.advanceAsync(ms);
  await settled();
}

/** Lets time pass until the promise settles: signatures are made off the loop, so it isn't known how many turns they take. */
async function passing<T>(promise: Promise<T>): Promise<T> {
  const settling = Promise.allSettled([promise]);
  while (await Promise.race([settling, pass(50)]) === undefined);
  return promise;
}

describe('a wait', () => {
  test('ends with its request, by the local clock, and never early', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    const soon = () => Promise.race([resolution, settled().then(() => 'waiting')]);
    await clock.advanceAsync(59_999);
    expect(await soon()).toBe('waiting');
    await clock.advanceAsync(101);
    expect(await soon()).toEqual({ state: 'expired' });
  });

  test('that is aborted rejects with the reason, and the request can be withdrawn', async () => {
    const request = await open();
    const stop = new AbortController();
    const resolution = approvals.resolution(request, stop.signal);
    stop.abort(new Error('the agent disconnected'));
    await expect(resolution).rejects.toThrow('the agent disconnected');
    await approvals.withdraw(request.id, 'the agent disconnected');
    expect(await memory.get(request.id)).toMatchObject({ state: 'withdrawn', note: 'the agent disconnected' });
    await expect(approve(request.id)).rejects.toMatchObject({ code: 'already_decided' });
  });

  test('with an aborted signal rejects at once', async () => {
    const request = await open();
    await expect(approvals.resolution(request, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });

  test('that begins after the decision ends at once', async () => {
    const request = await open();
    await approve(request.id);
    expect(await approvals.resolution(request, forever)).toMatchObject({ state: 'approved', decisions: [{ person: 'sam@example.com' }] });
  });

  test('of somebody else in the process is told when it is withdrawn', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    await approvals.withdraw(request.id, 'the session was killed');
    expect(await resolution).toEqual({ state: 'withdrawn', reason: 'the session was killed' });
  });

  test('outlives an outage of the store and sees what happened during it', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    down = true;
    await approve(request.id);
    await pass(20_000);
    down = false;
    await pass(10_000);
    expect((await resolution).state).toBe('approved');
    expect(await approvals.release(request)).toBe(true);
  });

  test('expires by the local clock while the store is down, and the store hears of it later', async () => {
    const request = await open();
    const resolution = approvals.resolution(request, forever);
    down = true;
    await clock.advanceAsync(60_100);
    expect((await resolution).state).toBe('expired');
    down = false;
    await clock.advanceAsync(2_000);
    expect((await memory.get(request.id))?.state).toBe('expired');
  });

  test('survives a store that forgets everything: people see the request again', async () => {
    const forgetful = createMemoryStore({ clock: storeClock });
    let current = forgetful;
    const swapping = new Proxy(forgetful, {
      get: (_target, name) => name === 'listen' ? () => () => {} : (current[name as keyof ApprovalStore] as () => unknown).bind(current),
    });
    const gate = createApprovals({ store: swapping, keys, clock, log: recorder().log });
    const request = await gate.open(draft(clock.now()));
    const resolution = gate.resolution(request, forever);
    current = createMemoryStore({ clock: storeClock });
    await pass(10_000);
    while (!(await current.get(request.id))) await settled();
    await createDesk({ store: current, keys, people, clock }).decide(request.id, { decision: 'approve', person: sam, channel: 'api' });
    await pass(10_000);
    expect((await passing(resolution)).state).toBe('approved');
    expect(await gate.release(request)).toBe(true);
  });

  test('costs no timer of its own, and each ends in its time', async () => {
    const timers = clock.waiting;
    const lengths = Array.from({ length: 500 }, (_, n) => 1_000 + (n * 7_919) % 50_000);
    const late: number[] = [];
    for (const length of lengths) {
      const end = clock.now() + length;
      void approvals.resolution(await open({ expiresAt: end }), forever).then(() => late.push(clock.now() - end));
    }
    expect(clock.waiting).toBe(timers + 1);
    await clock.advanceAsync(60_000);
    expect(late).toHaveLength(500);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThan(200);
  });
});

describe('clocks that differ', () => {
  test.each([-3_600_000, 3_600_000])('a store that is %i ms off gives people the same time', async (ms) => {
    const offset = new FakeClock(clock.now() + ms);
    const elsewhere = createMemoryStore({ clock: offset });
    const gate = createApprovals({ store: elsewhere, keys, clock, log: recorder().log });
    const there = createDesk({ store: elsewhere, keys, people, clock });
    const [request, late] = [await gate.open(draft(clock.now())), await gate.open(draft(clock.now()))];
    offset.advance(59_000);
    await clock.advanceAsync(59_000);
    await there.decide(request.id, { decision: 'approve', person: sam, channel: 'api' });
    expect(await gate.release(request)).toBe(true);
    offset.advance(1_000);
    await expect(there.decide(late.id, { decision: 'approve', person: sam, channel: 'api' })).rejects.toMatchObject({ code: 'expired' });
  });

  test('a store whose time stands still: the gate refuses what is past its own', async () => {
    const [request, other] = [await open(), await open()];
    const resolution = approvals.resolution(other, forever);
    await approve(request.id);
    await clock.advanceAsync(60_000);
    expect(await approvals.release(request)).toBe(false);
    await memory.decide(other.id, await signDecision(other, { decision: 'approve', person: 'sam@example.com', channel: 'api', at: clock.now() - 1_000 }, keys));
    await clock.advanceAsync(200);
    expect((await resolution).state).toBe('expired');
  });

  test('a desk whose clock is a little ahead is believed, one from tomorrow is not', async () => {
    const [near, far] = [await open(), await open()];
    const press = { decision: 'approve', person: 'sam@example.com', channel: 'api' } as const;
    await memory.decide(near.id, await signDecision(near, { ...press, at: clock.now() + 30_000 }, keys));
    await memory.decide(far.id, await signDecision(far, { ...press, at: clock.now() + 86_400_000 }, keys));
    expect(await approvals.release(near)).toBe(true);
    expect(await approvals.release(far)).toBe(false);
  });
});

describe('a release', () => {
  test('asked for by 50 callers is given to one', async () => {
    const request = await open();
    await approve(request.id);
    const answers = await Promise.all(Array.from({ length: 50 }, () => approvals.release(request)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect((await memory.get(request.id))?.state).toBe('released');
  });

  test('waits out a short outage', async () => {
    const request = await open();
    await approve(request.id);
    down = true;
    const released = approvals.release(request);
    await pass(1_000);
    down = false;
    expect(await passing(released)).toBe(true);
  });

  test('fails when the store stays away, and then runs nothing', async () => {
    const request = await open();
    await approve(request.id);
    down = true;
    await expect(passing(approvals.release(request))).rejects.toMatchObject({ code: 'approvals_unavailable' });
  });

  test('whose answer is lost is not lost itself', async () => {
    let lost = false;
    const lossy = new Proxy(memory, {
      get: (_target, name) => async (...args: never[]) => {
        const answer = await (memory[name as keyof ApprovalStore] as (...args: never[]) => unknown).apply(memory, args);
        if (name === 'move' && !lost) {
          lost = true;
          throw new ApprovalsUnavailable();
        }
        return answer;
      },
    });
    const gate = createApprovals({ store: lossy, keys, clock, log: recorder().log });
    const held = await gate.open(draft(clock.now()));
    await approve(held.id);
    expect(await passing(gate.release(held))).toBe(true);
    expect(lost).toBe(true);
  });

  test('of what was never approved is refused', async () => {
    const request = await open({ quorum: 2 });
    await approve(request.id);
    expect(await approvals.release(request)).toBe(false);
    await desk.decide(request.id, { decision: 'approve', person: kim, channel: 'api' });
    expect(await approvals.release(request)).toBe(true);
  });

  test('of an inline request by another process is refused', async () => {
    const request = await open();
    await approve(request.id);
    const other = createApprovals({ store: memory, keys, clock, log: recorder().log });
    expect(await other.release(request)).toBe(false);
    expect(await approvals.release(request)).toBe(true);
  });
});

describe('when the store is down', () => {
  test('nothing is opened', async () => {
    down = true;
    await expect(open()).rejects.toMatchObject({ code: 'approvals_unavailable', hint: expect.stringContaining('approvals.store') });
  });

  test('outcomes and withdrawals reach it later', async () => {
    const [done, gone] = [await open(), await open()];
    await approve(done.id);
    await approvals.release(done);
    down = true;
    approvals.finish(done.id, { tag: 'DROP TABLE', rows: 0 });
    await expect(approvals.withdraw(gone.id, 'the agent disconnected')).rejects.toMatchObject({ code: 'approvals_unavailable' });
    await pass(5_000);
    down = false;
    await pass(5_000);
    expect(await memory.get(done.id)).toMatchObject({ state: 'finished', outcome: { tag: 'DROP TABLE', rows: 0 } });
    expect(await memory.get(gone.id)).toMatchObject({ state: 'withdrawn' });
  });
});

test('what is too large to be shown is refused', async () => {
  await expect(open({ text: 'x'.repeat(8 * 1024 * 1024 + 1) })).rejects.toMatchObject({ code: 'request_too_large' });
  await expect(open({ parameters: [null, 'x'.repeat(8 * 1024 * 1024)] })).rejects.toMatchObject({ code: 'request_too_large' });
  expect(await memory.list({})).toEqual([]);
});

test('an error makes it failed', async () => {
  const request = await open();
  await approve(request.id);
  await approvals.release(request);
  approvals.finish(request.id, { error: '42P01' });
  await settled();
  expect(await memory.get(request.id)).toMatchObject({ state: 'failed', outcome: { error: '42P01' } });
});

test('closing leaves no timer behind', async () => {
  await open();
  approvals.close();
  expect(clock.waiting).toBe(0);
});
