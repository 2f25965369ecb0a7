import { createMemoryStore } from '../../src/approval/memory-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', async () => {
  const clock = new FakeClock();
  const retainMs = 2_000;
  return { store: createMemoryStore({ clock, retainMs }), retainMs, now: () => clock.now(), pass: (ms) => clock.advanceAsync(ms) };
});
