import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApprovalsUnavailable } from '../../src/approval/failures.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import { Turn } from '../../src/channels/turn.ts';
import { FakeClock } from '../support/fake-clock.ts';

let clock: FakeClock;
let store: ApprovalStore;
let running: string[];
let turns: Turn[];

beforeEach(() => {
  clock = new FakeClock();
  store = createMemoryStore({ clock });
  [running, turns] = [[], []];
});
afterEach(() => Promise.all(turns.map((turn) => turn.stop())));

/** One replica. `down`: its way to the store is cut. */
function replica(name: string): { turn: Turn; down: boolean } {
  const self = { down: false };
  const turn = new Turn({
    clock, name: 'test', log: { warn() {}, error() {} },
    store: { lease: async (...args) => { if (self.down) throw new ApprovalsUnavailable(); return store.lease(...args); } },
    async run(signal) {
      running.push(name);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      running.splice(running.indexOf(name), 1);
    },
  });
  turns.push(turn);
  turn.start();
  return Object.assign(self, { turn });
}
const pass = async (seconds: number): Promise<void> => {
  for (let passed = 0; passed < seconds; passed += 1) await clock.advanceAsync(1_000);
};

describe('a turn', () => {
  it('is one replica\'s, for as long as it lives', async () => {
    const all = ['a', 'b', 'c'].map(replica);
    await pass(120);
    expect(running).toEqual(['a']);
    expect(all.map(({ turn }) => turn.mayAct())).toEqual([true, false, false]);
  });

  it('goes on at the next question after a stop', async () => {
    const first = replica('a');
    replica('b');
    await pass(7);
    await first.turn.stop();
    expect(running).toEqual([]);
    await pass(5);
    expect(running).toEqual(['b']);
  });

  it('goes on within 25 s when its holder can\'t reach the store any more, which begins no call by then', async () => {
    const first = replica('a');
    replica('b');
    await pass(6);
    first.down = true;
    await pass(9);
    expect([running, first.turn.mayAct()]).toEqual([['a'], false]);
    await pass(16);
    expect(running).toEqual(['b']);
    first.down = false;
    await pass(60);
    expect(running).toEqual(['b']);
  });

  it('says once that the store does not answer', async () => {
    const logged: unknown[] = [];
    let down = true;
    const turn = new Turn({
      clock, name: 'test', run: async () => {}, log: { error() {}, warn: (...line: unknown[]) => { logged.push(line); } },
      store: { lease: async () => { if (down) throw new ApprovalsUnavailable(); return true; } },
    });
    turns.push(turn);
    turn.start();
    await pass(60);
    expect([logged.length, turn.mayAct()]).toEqual([1, false]);
    down = false;
    await pass(6);
    expect(turn.mayAct()).toBe(true);
  });

  it('begins anew after a gap, since others may have acted in it', async () => {
    let begun = 0;
    const turn = new Turn({ clock, store, name: 'test', log: { warn() {}, error() {} }, run: async (signal) => {
      begun += 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    } });
    turns.push(turn);
    turn.start();
    await pass(60);
    expect(begun).toBe(1);
    // The process was stopped for a while: timers fire late.
    clock.advance(60_000);
    await pass(6);
    expect(begun).toBe(2);
  });

  it('survives what runs in it', async () => {
    const logged: unknown[] = [];
    const turn = new Turn({ clock, store, name: 'test', log: { warn() {}, error: (...line: unknown[]) => { logged.push(line); } }, run: () => Promise.reject(new Error('broken')) });
    turns.push(turn);
    turn.start();
    await pass(6);
    expect(logged).toHaveLength(1);
    expect(turn.mayAct()).toBe(true);
  });
});
